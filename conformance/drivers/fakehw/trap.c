// SPDX-License-Identifier: GPL-2.0
/*
 * The registers: they lie where the machine has nothing, so that each access is a synchronous external abort. A kprobe on do_sea()
 * performs the load or store that failed, and lets the driver go on after it.
 */
#include <linux/kprobes.h>
#include <asm/esr.h>
#include "fakehw.h"

/* A load or store, as far as compilers make them of readl(), writel(), memcpy_toio() and their like. */
struct access {
	bool is_store, is_signed;
	int bytes, count;		/* of one register; one or two */
	int data[2], base;		/* numbers of registers; 31: none (data), the stack pointer (base) */
	s64 base_step;			/* what is added to the base afterwards */
};

static bool decode(u32 insn, struct access *access)
{
	int size = insn >> 30;

	*access = (struct access){ .count = 1, .data = { insn & 0x1f, 0x1f }, .base = (insn >> 5) & 0x1f };
	/* LDR, STR of general registers: unsigned offset, or register offset */
	if ((insn & 0x3f000000) == 0x39000000 || (insn & 0x3f200c00) == 0x38200800 || (insn & 0x3f200000) == 0x38000000) {
		access->bytes = 1 << size;
		access->is_store = ((insn >> 22) & 3) == 0;
		access->is_signed = ((insn >> 22) & 3) >= 2;
		/* Of the others, bit 10 tells pre- and post-index from an unscaled offset. */
		if ((insn & 0x3f200000) == 0x38000000 && insn & BIT(10))
			access->base_step = sign_extend64((insn >> 12) & 0x1ff, 8);
		return true;
	}
	/* LDP, STP */
	if ((insn & 0x3e000000) == 0x28000000) {
		access->bytes = insn & BIT(31) ? 8 : 4;
		access->is_store = !(insn & BIT(22));
		access->count = 2;
		access->data[1] = (insn >> 10) & 0x1f;
		if (insn & BIT(23))
			access->base_step = sign_extend64((insn >> 15) & 0x7f, 6) * access->bytes;
		return true;
	}
	/* LDAR, STLR: readl() where the kernel works around erratum 832075 */
	if ((insn & 0x3fbffc00) == 0x089ffc00) {
		access->bytes = 1 << size;
		access->is_store = !(insn & BIT(22));
		return true;
	}
	return false;
}

/* What the processor translates a kernel address to; ~0 where it does not. */
static u64 physical(unsigned long address)
{
	unsigned long flags;
	u64 result;

	local_irq_save(flags);
	asm volatile("at s1e1r, %1\n\tisb\n\tmrs %0, par_el1" : "=r"(result) : "r"(address));
	local_irq_restore(flags);
	return result & 1 ? ~0ull : (result & GENMASK_ULL(47, 12)) | (address & 0xfff);
}

static void perform(struct fake_node *node, int window, u32 offset, const struct access *access, u64 *value)
{
	u8 *at = (u8 *)node_register(node, window, 0) + offset;
	struct access_record *record;

	if (access->is_store) {
		memcpy(at, value, access->bytes);
	} else {
		*value = 0;
		memcpy(value, at, access->bytes);
	}
	record = journal_add(RECORD_ACCESS, sizeof(*record));
	if (record)
		*record = (struct access_record){
			node->id, window, access->is_store, access->bytes, offset, *value
		};
	if (!access->is_store)
		return;
	node_written(node, window, offset, *value);
	if (access->bytes == 8)
		node_written(node, window, offset + 4, *value >> 32);
}

static void perform_all(struct fake_node *node, int window, u32 offset, const struct access *access, struct pt_regs *regs)
{
	for (int i = 0; i < access->count; i++) {
		int number = access->data[i];
		u64 value = number == 31 ? 0 : regs->regs[number];

		if (access->bytes < 8)
			value &= GENMASK_ULL(access->bytes * 8 - 1, 0);
		perform(node, window, offset + i * access->bytes, access, &value);
		if (!access->is_store && number != 31)
			regs->regs[number] = access->is_signed ? sign_extend64(value, access->bytes * 8 - 1) : value;
	}
	if (!access->base_step)
		return;
	if (access->base == 31)
		regs->sp += access->base_step;
	else
		regs->regs[access->base] += access->base_step;
}

/* do_sea(far, esr, regs) */
static int abort_entered(struct kprobe *probe, struct pt_regs *call)
{
	unsigned long address = call->regs[0], esr = call->regs[1], flags;
	struct pt_regs *regs = (void *)call->regs[2];
	struct fake_node *node;
	struct access access;
	int window;
	u32 offset;

	if (user_mode(regs) || (esr & ESR_ELx_FSC) != ESR_ELx_FSC_EXTABT)
		return 0;
	node = node_at(physical(address), &window, &offset);
	if (!node)
		return 0;
	if (!decode(le32_to_cpu(*(__le32 *)regs->pc), &access)) {
		pr_err_once("fakehw: %08x at %pS is no load or store that is known\n", *(u32 *)regs->pc, (void *)regs->pc);
		return 0;
	}
	raw_spin_lock_irqsave(&fakehw_lock, flags);
	perform_all(node, window, offset, &access, regs);
	raw_spin_unlock_irqrestore(&fakehw_lock, flags);
	regs->pc += 4;
	/* Return 0 from do_sea() without doing it. */
	call->regs[0] = 0;
	call->pc = call->regs[30];
	return 1;
}

static struct kprobe abort_probe = { .symbol_name = "do_sea", .pre_handler = abort_entered };

int trap_init(void)
{
	return register_kprobe(&abort_probe);
}
