// SPDX-License-Identifier: GPL-2.0
/*
 * The memory that drivers give to their devices: every coherent allocation of a fake node, by the function that made it, and what
 * changed in it from one start to the next.
 */
#include <linux/crc32.h>
#include <linux/dma-mapping.h>
#include <linux/kallsyms.h>
#include <linux/kprobes.h>
#include <linux/vmalloc.h>
#include <media/videobuf2-dma-contig.h>
#include <media/videobuf2-v4l2.h>
#include "fakehw.h"

#define LINE 64
#define LARGEST_TABLE (4u << 20)
#define LONGEST_RUN (32u << 10)

struct allocation {
	u32 id;			/* 0: the entry is free */
	struct fake_node *node;
	u64 address;
	size_t bytes;
	bool is_buffer;		/* a buffer of videobuf2, not a table of the driver */
	u8 *shadow;		/* its contents at the last start; NULL: nothing was noted yet */
};

static struct allocation allocations[4096];
static u32 last_id;
static u8 *shadows;
static size_t shadow_bytes, shadow_used;

struct pending { struct fake_node *node; size_t bytes; dma_addr_t *address; };

/* dma_alloc_attrs(device, size, dma_handle, …) */
static int alloc_entered(struct kretprobe_instance *instance, struct pt_regs *regs)
{
	struct pending *pending = (void *)instance->data;

	pending->node = node_of_device((struct device *)regs->regs[0]);
	pending->bytes = regs->regs[1];
	pending->address = (dma_addr_t *)regs->regs[2];
	return pending->node ? 0 : -1;	/* not 0: the return is of no interest */
}

static void tell_of(const struct allocation *allocation, const char *owner)
{
	struct allocated_record *record = journal_add(RECORD_ALLOCATED, sizeof(*record));

	if (!record)
		return;
	record->id = allocation->id;
	record->node = allocation->node->id;
	record->address = allocation->address;
	record->bytes = allocation->bytes;
	strscpy(record->owner, owner, sizeof(record->owner));
}

static int alloc_returned(struct kretprobe_instance *instance, struct pt_regs *regs)
{
	struct pending *pending = (void *)instance->data;
	char owner[KSYM_SYMBOL_LEN];
	unsigned long flags;
	int i;

	if (!regs_return_value(regs))
		return 0;
	sprint_symbol_no_offset(owner, get_kretprobe_retaddr(instance));
	raw_spin_lock_irqsave(&fakehw_lock, flags);
	for (i = 0; i < ARRAY_SIZE(allocations) && allocations[i].id; i++)
		;
	if (i == ARRAY_SIZE(allocations)) {
		journal_lost++;
	} else {
		allocations[i] = (struct allocation){
			.id = ++last_id, .node = pending->node, .address = *pending->address, .bytes = pending->bytes,
			.is_buffer = strstarts(owner, "vb2"),
		};
		tell_of(&allocations[i], owner);
	}
	raw_spin_unlock_irqrestore(&fakehw_lock, flags);
	return 0;
}

/* dma_free_attrs(device, size, cpu_addr, dma_handle, …) */
static int free_entered(struct kprobe *probe, struct pt_regs *regs)
{
	struct fake_node *node = node_of_device((struct device *)regs->regs[0]);
	unsigned long flags;

	if (!node)
		return 0;
	raw_spin_lock_irqsave(&fakehw_lock, flags);
	for (int i = 0; i < ARRAY_SIZE(allocations); i++) {
		struct allocation *allocation = &allocations[i];
		u32 *record;

		if (!allocation->id || allocation->node != node || allocation->address != regs->regs[3])
			continue;
		record = journal_add(RECORD_FREED, sizeof(*record));
		if (record)
			*record = allocation->id;
		allocation->id = 0;
	}
	raw_spin_unlock_irqrestore(&fakehw_lock, flags);
	return 0;
}

static bool has_shadow(struct allocation *allocation)
{
	size_t bytes = ALIGN(allocation->bytes, LINE);

	if (allocation->shadow)
		return true;
	if (shadow_bytes - shadow_used < bytes) {
		journal_lost++;
		return false;
	}
	allocation->shadow = shadows + shadow_used;
	shadow_used += bytes;
	memset(allocation->shadow, 0, bytes);
	return true;
}

static void note_table(struct allocation *allocation)
{
	const u8 *now = phys_to_virt(allocation->address);
	size_t from = 0, to;

	while (from < allocation->bytes) {
		size_t line = min_t(size_t, LINE, allocation->bytes - from);
		u8 *record;

		if (!memcmp(allocation->shadow + from, now + from, line)) {
			from += line;
			continue;
		}
		for (to = from + line; to < allocation->bytes && to - from < LONGEST_RUN; to += line) {
			line = min_t(size_t, LINE, allocation->bytes - to);
			if (!memcmp(allocation->shadow + to, now + to, line))
				break;
		}
		record = journal_add(RECORD_MEMORY, 8 + to - from);
		if (!record)
			return;
		((u32 *)record)[0] = allocation->id;
		((u32 *)record)[1] = from;
		memcpy(record + 8, now + from, to - from);
		memcpy(allocation->shadow + from, now + from, to - from);
		from = to;
	}
}

/* Without an IOMMU a DMA address is a physical one. */
void memory_note_changes(struct fake_node *node)
{
	if (!journal_is_on)
		return;
	for (int i = 0; i < ARRAY_SIZE(allocations); i++) {
		struct allocation *allocation = &allocations[i];

		if (allocation->id && allocation->node == node && !allocation->is_buffer &&
		    allocation->bytes <= LARGEST_TABLE && has_shadow(allocation))
			note_table(allocation);
	}
}

/* For a new journal: what is there already. */
void memory_begin(void)
{
	shadow_used = 0;
	for (int i = 0; i < ARRAY_SIZE(allocations); i++) {
		allocations[i].shadow = NULL;
		if (allocations[i].id)
			tell_of(&allocations[i], allocations[i].is_buffer ? "vb2" : "earlier");
	}
}

void memory_count(u32 *own, u32 *buffers, u64 *bytes)
{
	unsigned long flags;

	*own = *buffers = *bytes = 0;
	raw_spin_lock_irqsave(&fakehw_lock, flags);
	for (int i = 0; i < ARRAY_SIZE(allocations); i++) {
		if (!allocations[i].id)
			continue;
		++*(allocations[i].is_buffer ? buffers : own);
		*bytes += allocations[i].bytes;
	}
	raw_spin_unlock_irqrestore(&fakehw_lock, flags);
}

static void note_buffer(struct buffer_record *record, struct vb2_buffer *buffer, bool is_capture, u64 timestamp)
{
	record->index = buffer->index;
	record->is_capture = is_capture;
	record->address = vb2_dma_contig_plane_dma_addr(buffer, 0);
	record->bytes = vb2_plane_size(buffer, 0);
	record->timestamp = timestamp;
}

/*
 * v4l2_m2m_buf_copy_metadata(out_vb, cap_vb, …): every driver here calls it with a job's two buffers, before it programs anything.
 */
static int job_entered(struct kprobe *probe, struct pt_regs *regs)
{
	struct vb2_v4l2_buffer *source = (void *)regs->regs[0], *target = (void *)regs->regs[1];
	struct vb2_queue *queue = target->vb2_buf.vb2_queue;
	struct fake_node *node = node_of_device(queue->dev);
	struct job_record *record;
	unsigned long flags;
	u32 count = 1;

	if (!node)
		return 0;
	for (u32 i = 0; i < queue->max_num_buffers; i++)
		count += vb2_get_buffer(queue, i) != NULL;
	raw_spin_lock_irqsave(&fakehw_lock, flags);
	node->job++;
	node->bitstream = phys_to_virt(vb2_dma_contig_plane_dma_addr(&source->vb2_buf, 0));
	node->bitstream_bytes = vb2_get_plane_payload(&source->vb2_buf, 0);
	record = journal_add(RECORD_JOB, sizeof(*record) + count * sizeof(struct buffer_record));
	if (record) {
		struct buffer_record *buffer = (void *)(record + 1);
		u64 timestamp = source->vb2_buf.timestamp;

		*record = (struct job_record){
			.node = node->id, .job = node->job, .bytes_used = node->bitstream_bytes,
			.crc = crc32_le(~0u, node->bitstream, node->bitstream_bytes),
			.target = target->vb2_buf.index, .buffers = count, .timestamp = timestamp,
		};
		note_buffer(buffer++, &source->vb2_buf, false, timestamp);
		for (u32 i = 0; i < queue->max_num_buffers; i++) {
			struct vb2_buffer *each = vb2_get_buffer(queue, i);

			/* The target's timestamp is only copied by this call. */
			if (each)
				note_buffer(buffer++, each, true,
					    each == &target->vb2_buf ? timestamp : each->timestamp);
		}
	}
	raw_spin_unlock_irqrestore(&fakehw_lock, flags);
	return 0;
}

static struct kretprobe alloc_probe = {
	.kp.symbol_name = "dma_alloc_attrs", .entry_handler = alloc_entered, .handler = alloc_returned,
	.data_size = sizeof(struct pending), .maxactive = 16,
};
static struct kprobe free_probe = { .symbol_name = "dma_free_attrs", .pre_handler = free_entered };
static struct kprobe job_probe = { .symbol_name = "v4l2_m2m_buf_copy_metadata", .pre_handler = job_entered };

int memory_init(size_t bytes)
{
	int error;

	shadows = vmalloc(bytes);
	shadow_bytes = bytes;
	if (!shadows)
		return -ENOMEM;
	error = register_kretprobe(&alloc_probe);
	if (!error)
		error = register_kprobe(&free_probe);
	return error ?: register_kprobe(&job_probe);
}
