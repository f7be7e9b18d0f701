// SPDX-License-Identifier: GPL-2.0
/* The journal of all that the drivers do. */
#include <linux/fs.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>
#include "fakehw.h"

static u8 *space;
static size_t space_bytes, used;
bool journal_is_on = true;
size_t journal_lost;

int journal_init(size_t bytes)
{
	space = vmalloc(bytes);
	space_bytes = bytes;
	return space ? 0 : -ENOMEM;
}

/* Room for a record's body; NULL where the journal is full or off. */
void *journal_add(enum record_kind kind, u32 bytes)
{
	size_t padded = sizeof(struct record_head) + ALIGN(bytes, 8);
	struct record_head *head = (void *)(space + used);

	if (!journal_is_on)
		return NULL;
	if (space_bytes - used < padded) {
		journal_lost++;
		return NULL;
	}
	used += padded;
	memset(head, 0, padded);
	head->kind = kind;
	head->bytes = bytes;
	return head + 1;
}

void journal_clear(void)
{
	used = 0;
	journal_lost = 0;
}

ssize_t journal_read(char __user *to, size_t bytes, loff_t *position)
{
	return simple_read_from_buffer(to, bytes, position, space, used);
}
