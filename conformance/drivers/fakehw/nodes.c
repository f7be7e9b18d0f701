// SPDX-License-Identifier: GPL-2.0
/* The nodes of the device tree that have a property "fakehw,model": their registers, and what starts and ends their jobs. */
#include <linux/bits.h>
#include <linux/device.h>
#include <linux/interrupt.h>
#include <linux/irq.h>
#include <linux/of_address.h>
#include <linux/of_irq.h>
#include <linux/vmalloc.h>
#include "fakehw.h"

const char *const outcome_names[OUTCOMES] = { "ok", "error", "hang" };
struct fake_node fake_nodes[MOST_NODES];
int fake_node_count;
static u32 job_us;

u32 *node_register(struct fake_node *node, int window, u32 offset)
{
	return &node->windows[window].registers[offset / 4];
}

static u32 *decoder_register(struct fake_node *node, u32 offset)
{
	return node_register(node, 0, node->decoder + offset);
}

/* ---- rkvdec of the first generation: one register both starts and tells ---- */

static bool rk3399_written(struct fake_node *node, int window, u32 offset, u32 value)
{
	return offset == 4 && value & BIT(0);
}

static void rk3399_finish(struct fake_node *node, bool is_ok)
{
	*node_register(node, 0, 4) = BIT(8) | BIT(9) | (is_ok ? BIT(12) : BIT(14));
}

/* ---- vdpu381 and vdpu383: windows 0 link, 1 function, 2 cache ---- */

static bool vdpu381_written(struct fake_node *node, int window, u32 offset, u32 value)
{
	return window == 1 && offset == 0x28 && value & BIT(0);
}

static void vdpu381_finish(struct fake_node *node, bool is_ok)
{
	*node_register(node, 1, 0x28) = 0;
	*node_register(node, 1, 0x380) = is_ok ? BIT(2) : BIT(4);
}

static bool vdpu383_written(struct fake_node *node, int window, u32 offset, u32 value)
{
	return window == 0 && offset == 0x40 && value & BIT(0);
}

static void vdpu383_finish(struct fake_node *node, bool is_ok)
{
	*node_register(node, 0, 0x40) = 0;
	*node_register(node, 0, 0x4c) = is_ok ? BIT(0) : BIT(4);
}

/* ---- hantro ---- */

static bool hantro_written(struct fake_node *node, int window, u32 offset, u32 value)
{
	return offset == node->decoder + 4 && value & BIT(0);
}

static void hantro_finish(struct fake_node *node, bool is_ok)
{
	*decoder_register(node, 4) = BIT(8) | (is_ok ? BIT(12) : BIT(16));
}

static bool vpu2_written(struct fake_node *node, int window, u32 offset, u32 value)
{
	return offset == node->decoder + 0xe4 && value & BIT(0);
}

static void vpu2_finish(struct fake_node *node, bool is_ok)
{
	*decoder_register(node, 0xe4) &= ~BIT(0);
	*decoder_register(node, 0xdc) = is_ok ? BIT(0) | BIT(4) : BIT(12);
}

/* ---- cedrus: a trigger register for each engine, and a bit reader whose bits the HEVC driver looks at ---- */

static u32 peek_bits(struct fake_node *node, u32 count)
{
	u32 bits = 0;

	for (u32 at = node->bit; at < node->bit + count; at++) {
		u8 byte = at / 8 < node->bitstream_bytes ? node->bitstream[at / 8] : 0;

		bits = bits << 1 | ((byte >> (7 - at % 8)) & 1);
	}
	return bits;
}

static bool cedrus_written(struct fake_node *node, int window, u32 offset, u32 value)
{
	u32 command = value & 0xf, count = (value >> 8) & 0x3f;

	switch (offset) {
	case 0x11c: case 0x228: case 0x538:	/* status: ones clear */
		*node_register(node, 0, offset) = 0;
		return false;
	case 0x118:
		node->status = 0x11c;
		return true;
	case 0x224:				/* H.264: 8; VP8: 10 */
		node->status = 0x228;
		return command == 8 || command == 10;
	case 0x534:
		if (command == 1)
			*node_register(node, 0, 0x5dc) = peek_bits(node, count);
		else if (command == 3)
			node->bit += count;
		node->status = 0x538;
		return command == 8;
	case 0x544:
		node->bit = value;
		return false;
	default:
		return false;
	}
}

static void cedrus_finish(struct fake_node *node, bool is_ok)
{
	*node_register(node, 0, node->status) = is_ok ? BIT(0) : BIT(1);
}

static const struct model models[] = {
	{ "rk3399", rk3399_written, rk3399_finish },
	{ "vdpu381", vdpu381_written, vdpu381_finish },
	{ "vdpu383", vdpu383_written, vdpu383_finish },
	{ "hantro", hantro_written, hantro_finish },
	{ "vpu2", vpu2_written, vpu2_finish },
	{ "cedrus", cedrus_written, cedrus_finish },
};

/* ---- all of them ---- */

static enum outcome next_outcome(struct fake_node *node)
{
	if (node->fault_after) {
		node->fault_after--;
		return OUTCOME_OK;
	}
	if (!node->fault_count)
		return OUTCOME_OK;
	node->fault_count--;
	return node->fault;
}

void node_written(struct fake_node *node, int window, u32 offset, u32 value)
{
	struct started_record *record;

	if (!node->model->written(node, window, offset, value))
		return;
	record = journal_add(RECORD_STARTED, sizeof(*record));
	if (record)
		*record = (struct started_record){ node->id, node->job, ktime_get_ns() };
	memory_note_changes(node);
	node->current_outcome = next_outcome(node);
	if (node->current_outcome != OUTCOME_HANG)
		hrtimer_start(&node->timer, us_to_ktime(job_us), HRTIMER_MODE_REL_HARD);
}

static enum hrtimer_restart job_done(struct hrtimer *timer)
{
	struct fake_node *node = container_of(timer, struct fake_node, timer);
	struct finished_record *record;
	unsigned long flags;

	raw_spin_lock_irqsave(&fakehw_lock, flags);
	node->model->finish(node, node->current_outcome == OUTCOME_OK);
	record = journal_add(RECORD_FINISHED, sizeof(*record));
	if (record)
		*record = (struct finished_record){ node->id, node->job, node->current_outcome, 0, ktime_get_ns() };
	raw_spin_unlock_irqrestore(&fakehw_lock, flags);
	irq_set_irqchip_state(node->irq, IRQCHIP_STATE_PENDING, true);
	return HRTIMER_NORESTART;
}

struct fake_node *node_of_device(struct device *device)
{
	for (int i = 0; device && i < fake_node_count; i++)
		if (device->of_node == fake_nodes[i].of)
			return &fake_nodes[i];
	return NULL;
}

struct fake_node *node_at(u64 address, int *window, u32 *offset)
{
	for (int i = 0; i < fake_node_count; i++) {
		for (int w = 0; w < fake_nodes[i].window_count; w++) {
			const struct window *each = &fake_nodes[i].windows[w];

			if (address < each->base || address - each->base >= each->bytes)
				continue;
			*window = w;
			*offset = address - each->base;
			return &fake_nodes[i];
		}
	}
	return NULL;
}

/* As after a power domain was off. */
void nodes_zero(void)
{
	for (int i = 0; i < fake_node_count; i++)
		for (int w = 0; w < fake_nodes[i].window_count; w++)
			memset(fake_nodes[i].windows[w].registers, 0, fake_nodes[i].windows[w].bytes);
}

static int add_node(struct device_node *of)
{
	struct fake_node *node = &fake_nodes[fake_node_count];
	const char *name = "";
	struct resource resource;

	of_property_read_string(of, "fakehw,model", &name);
	for (int i = 0; i < ARRAY_SIZE(models); i++)
		if (!strcmp(models[i].name, name))
			node->model = &models[i];
	if (!node->model || fake_node_count == MOST_NODES) {
		pr_err("fakehw: %pOF: no model %s, or too many nodes\n", of, name);
		return -EINVAL;
	}
	node->id = fake_node_count++;
	node->of = of_node_get(of);
	of_property_read_u32(of, "fakehw,decoder", &node->decoder);
	for (int w = 0; w < ARRAY_SIZE(node->windows) && !of_address_to_resource(of, w, &resource); w++) {
		struct window *window = &node->windows[node->window_count++];

		window->base = resource.start;
		window->bytes = resource_size(&resource);
		/* A register of 64 bits may be the last. */
		window->registers = vzalloc(window->bytes + 8);
		if (!window->registers)
			return -ENOMEM;
	}
	node->irq = of_irq_get_byname(of, "vdpu");
	if (node->irq <= 0)
		node->irq = of_irq_get(of, 0);
	hrtimer_setup(&node->timer, job_done, CLOCK_MONOTONIC, HRTIMER_MODE_REL_HARD);
	return node->irq > 0 ? 0 : -ENXIO;
}

int nodes_init(u32 delay_us)
{
	struct device_node *of;

	job_us = delay_us;
	for_each_node_with_property(of, "fakehw,model") {
		int error = of_device_is_available(of) ? add_node(of) : 0;

		if (error)
			return error;
	}
	return fake_node_count ? 0 : -ENODEV;
}
