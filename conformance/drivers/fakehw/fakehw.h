/* SPDX-License-Identifier: GPL-2.0 */
/* Fake video decoders under real drivers: what its parts share. README.md says how it works. */
#ifndef FAKEHW_H
#define FAKEHW_H
#include <linux/hrtimer.h>
#include <linux/of.h>
#include <linux/spinlock.h>
#include <linux/types.h>

/*
 * The journal: records one after another, little endian, each a head and a body that is padded to 8 bytes. journal.ts reads it.
 */
struct record_head { u32 kind, bytes; };
enum record_kind {
	RECORD_NODE = 1,	/* struct node_record: one for each node, at the journal's beginning */
	RECORD_ACCESS = 2,	/* struct access_record */
	RECORD_ALLOCATED = 3,	/* struct allocated_record */
	RECORD_FREED = 4,	/* u32: the allocation's id */
	RECORD_JOB = 5,		/* struct job_record, and `buffers` times struct buffer_record */
	RECORD_STARTED = 6,	/* struct started_record; after it the memory that changed since the last start */
	RECORD_MEMORY = 7,	/* u32 allocation, u32 offset, bytes */
	RECORD_FINISHED = 8,	/* struct finished_record */
	RECORD_LABEL = 9,	/* what user space wrote to `label` */
};
struct node_record { u32 node, irq; char name[32], model[16]; };
struct access_record { u8 node, window, is_write, bytes; u32 offset; u64 value; };
struct allocated_record { u32 id, node; u64 address, bytes; char owner[64]; };
struct job_record { u32 node, job, bytes_used, crc, target, buffers; u64 timestamp; };
struct buffer_record { u32 index, is_capture; u64 address, bytes, timestamp; };
struct started_record { u32 node, job; u64 ns; };
struct finished_record { u32 node, job, outcome, pad; u64 ns; };

/* How a job ends. */
enum outcome { OUTCOME_OK, OUTCOME_ERROR, OUTCOME_HANG, OUTCOMES };
extern const char *const outcome_names[OUTCOMES];

struct fake_node;

/* A kind of decoder: where it is started, and how it shows that it is done. */
struct model {
	const char *name;
	/* After a write. Returns whether it starts a job. */
	bool (*written)(struct fake_node *node, int window, u32 offset, u32 value);
	void (*finish)(struct fake_node *node, bool is_ok);
};

struct window { u64 base; u32 bytes; u32 *registers; };

struct fake_node {
	int id;
	struct device_node *of;
	const struct model *model;
	int irq;
	u32 decoder;			/* where the decoder's registers begin, in a block that has an encoder, too */
	struct window windows[3];
	int window_count;
	struct hrtimer timer;
	u32 job;
	/* Jobs to go until the fault, and how many have it. */
	enum outcome fault;
	u32 fault_after, fault_count;
	enum outcome current_outcome;
	/* The job's bitstream, for hardware that the driver reads bits from; cedrus' place in it and status register. */
	const u8 *bitstream;
	u32 bitstream_bytes, bit, status;
};

#define MOST_NODES 16
extern struct fake_node fake_nodes[MOST_NODES];
extern int fake_node_count;

/* Guards the journal, the registers and the table of allocations. Taken with interrupts off. */
extern raw_spinlock_t fakehw_lock;

/* journal.c; the lock is held */
int journal_init(size_t bytes);
extern bool journal_is_on;
extern size_t journal_lost;
void *journal_add(enum record_kind kind, u32 bytes);
void journal_clear(void);
ssize_t journal_read(char __user *to, size_t bytes, loff_t *position);

/* memory.c */
int memory_init(size_t shadow_bytes);
void memory_note_changes(struct fake_node *node);
void memory_begin(void);
void memory_count(u32 *own, u32 *buffers, u64 *bytes);

/* nodes.c */
int nodes_init(u32 delay_us);
struct fake_node *node_of_device(struct device *device);
struct fake_node *node_at(u64 address, int *window, u32 *offset);
u32 *node_register(struct fake_node *node, int window, u32 offset);
void node_written(struct fake_node *node, int window, u32 offset, u32 value);
void nodes_zero(void);

/* trap.c */
int trap_init(void);
#endif
