/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * Counts and times collapses of TCP receive queues, for each socket, without kprobes or fentry: a bracket of two tracepoints.
 * tcp_probe opens it at the top of tcp_rcv_established, sk_data_ready closes it, where the segment was queued or dropped.
 * Four rules, each for a fault that was measured:
 *   1. a segment without payload opens nothing: it queues nothing;
 *   2. a segment that is dropped for its sequence number closes nothing: kfree_skb takes its bracket back;
 *   3. brackets are kept by socket, not by CPU: with a slow reader the work runs from the backlog, where it can be interrupted;
 *   4. a bracket counts only if rcv_nxt advanced by nothing or by exactly this segment: else it enclosed more than one.
 * A collapse is a bracket in which the receive queue lost skbs. Segments below the limit cost one comparison.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>
#include "kernel.h"

char LICENSE[] SEC("license") = "Dual MIT/GPL";

/* A segment over the limit whose handling has begun. */
struct bracket {
	__u64 began_ns;
	__u32 is_open;
	__u32 rcv_nxt;
	__u32 payload;
	__u32 queue_skbs;
	__s32 rmem_bytes;
	__s32 rcvbuf_bytes;
};

/* Reasons of drops, in the order of DropReason in diagnostics/Analysis. The kernel's own numbers differ between kernels. */
enum drop_reason {
	DROP_PROTO_MEM,
	DROP_SOCKET_RCVBUFF,
	DROP_SOCKET_BACKLOG,
	DROP_OFO_DROP,
	DROP_ZERO_WINDOW,
	DROP_OVER_WINDOW,
	DROP_INVALID_END,
	DROP_OFO_PRUNE,
	DROP_REASONS
};

/* What was counted of a socket. Read by SocketTotals in diagnostics/Tcp/Trace: same order, same sizes. */
struct totals {
	__u64 over_limit_segments;
	__u64 over_limit_ns;
	__u64 collapses;
	__u64 collapse_ns;
	__u64 longest_ns;
	__u64 skbs_removed;
	__u64 freed_bytes;
	__u64 memory_drops;
	__u64 window_drops;
	__u64 ofo_pruned;
	__u64 autotune_events;
	/* The drops above, each by its reason. */
	__u64 drops[DROP_REASONS];
};

/* One collapse. Read by CollapseRecord: same order, same sizes. */
struct collapse {
	__u64 ended_ns;
	__u64 cookie;
	__u64 duration_ns;
	__u32 skbs_before;
	__u32 skbs_after;
	__s32 rmem_before_bytes;
	__s32 rmem_after_bytes;
	__s32 rcvbuf_bytes;
	__u32 unused;
};

/* A process that holds a socket. Read by OwnerRecord: same order, same sizes. */
struct owner {
	__u64 inode;
	__u32 tgid;
	__u32 unused;
	char comm[16];
};

enum counter { RUNS, ODD_BRACKETS, LOST_EVENTS, COUNTERS };
enum tick { TICKS, TICKS_IN_COLLAPSE, TICK_COUNTERS };
#define STACK_DEPTH 24

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, __u64);
	__type(value, struct bracket);
} brackets SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, __u64);
	__type(value, struct totals);
} sockets SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 18);
} collapses SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, COUNTERS);
	__type(key, __u32);
	__type(value, __u64);
} counters SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, TICK_COUNTERS);
	__type(key, __u32);
	__type(value, __u64);
} ticks SEC(".maps");

/* First and last address of tcp_collapse, from kallsyms; the network namespace to look at. */
enum setting { COLLAPSE_FIRST, COLLAPSE_LAST, NETWORK_NAMESPACE, SETTINGS };

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, SETTINGS);
	__type(key, __u32);
	__type(value, __u64);
} settings SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64[STACK_DEPTH]);
} stacks SEC(".maps");

static const struct totals no_totals;

static __always_inline void count(void *map, __u32 which)
{
	__u64 *value = bpf_map_lookup_elem(map, &which);

	if (value)
		(*value)++;
}

static __always_inline struct totals *totals_of(__u64 cookie)
{
	struct totals *t = bpf_map_lookup_elem(&sockets, &cookie);

	if (t)
		return t;
	bpf_map_update_elem(&sockets, &cookie, &no_totals, BPF_NOEXIST);
	return bpf_map_lookup_elem(&sockets, &cookie);
}

static __always_inline int is_here(struct sock *sk)
{
	__u32 which = NETWORK_NAMESPACE;
	__u64 *wanted = bpf_map_lookup_elem(&settings, &which);

	return wanted && *wanted == sk->__sk_common.skc_net.net->ns.inum;
}

SEC("tp_btf/tcp_probe")
int BPF_PROG(open_bracket, struct sock *sk, struct sk_buff *skb)
{
	struct bracket b = {};
	struct tcp_sock *tp;
	__u64 key = (__u64)sk;
	__u8 offset;

	count(&counters, RUNS);
	b.rmem_bytes = sk->sk_backlog.rmem_alloc.counter;
	b.rcvbuf_bytes = sk->sk_rcvbuf;
	if (b.rmem_bytes <= b.rcvbuf_bytes || !is_here(sk))
		return 0;
	/* Byte 12 of the header holds its length, in words, in the upper half. */
	if (bpf_probe_read_kernel(&offset, 1, skb->data + 12))
		return 0;
	offset = (offset >> 4) * 4;
	tp = bpf_skc_to_tcp_sock(sk);
	if (!tp || skb->len <= offset)
		return 0;
	b.payload = skb->len - offset;
	b.rcv_nxt = tp->rcv_nxt;
	b.queue_skbs = sk->sk_receive_queue.qlen;
	b.is_open = 1;
	b.began_ns = bpf_ktime_get_ns();
	bpf_map_update_elem(&brackets, &key, &b, BPF_ANY);
	return 0;
}

SEC("tp_btf/sk_data_ready")
int BPF_PROG(close_bracket, struct sock *sk)
{
	__u64 key = (__u64)sk, now, duration, cookie;
	__u32 advance, queue;
	struct collapse *event;
	struct tcp_sock *tp;
	struct bracket *b;
	struct totals *t;
	__s32 rmem;

	count(&counters, RUNS);
	b = bpf_map_lookup_elem(&brackets, &key);
	if (!b || !b->is_open)
		return 0;
	now = bpf_ktime_get_ns();
	b->is_open = 0;
	tp = bpf_skc_to_tcp_sock(sk);
	if (!tp)
		return 0;
	advance = tp->rcv_nxt - b->rcv_nxt;
	if (advance && advance != b->payload) {
		count(&counters, ODD_BRACKETS);
		return 0;
	}
	duration = now - b->began_ns;
	queue = sk->sk_receive_queue.qlen;
	rmem = sk->sk_backlog.rmem_alloc.counter;
	cookie = bpf_get_socket_cookie(sk);
	t = totals_of(cookie);
	if (!t)
		return 0;
	t->over_limit_segments++;
	t->over_limit_ns += duration;
	if (queue >= b->queue_skbs)
		return 0;
	t->collapses++;
	t->collapse_ns += duration;
	if (duration > t->longest_ns)
		t->longest_ns = duration;
	t->skbs_removed += b->queue_skbs - queue;
	if (rmem < b->rmem_bytes)
		t->freed_bytes += b->rmem_bytes - rmem;
	event = bpf_ringbuf_reserve(&collapses, sizeof(*event), 0);
	if (!event) {
		count(&counters, LOST_EVENTS);
		return 0;
	}
	event->ended_ns = now;
	event->cookie = cookie;
	event->duration_ns = duration;
	event->skbs_before = b->queue_skbs;
	event->skbs_after = queue;
	event->rmem_before_bytes = b->rmem_bytes;
	event->rmem_after_bytes = rmem;
	event->rcvbuf_bytes = b->rcvbuf_bytes;
	event->unused = 0;
	bpf_ringbuf_submit(event, 0);
	return 0;
}

#define IS(name) (bpf_core_enum_value_exists(enum skb_drop_reason, SKB_DROP_REASON_##name) && \
		  reason == bpf_core_enum_value(enum skb_drop_reason, SKB_DROP_REASON_##name))

SEC("tp_btf/kfree_skb")
int BPF_PROG(see_drop, struct sk_buff *skb, void *location, __u64 why, struct sock *rx_sk)
{
	__u32 reason = (__u32)why, which, is_window;
	__u64 key = (__u64)rx_sk;
	struct bracket *b;
	struct totals *t;

	if (!rx_sk || !is_here(rx_sk))
		return 0;
	if (IS(TCP_OLD_DATA) || IS(TCP_OLD_SEQUENCE) || IS(TCP_INVALID_SEQUENCE)) {
		b = bpf_map_lookup_elem(&brackets, &key);
		if (b)
			b->is_open = 0;
		return 0;
	}
	if (IS(TCP_ZEROWINDOW))
		which = DROP_ZERO_WINDOW;
	else if (IS(TCP_OVERWINDOW))
		which = DROP_OVER_WINDOW;
	else if (IS(TCP_INVALID_END_SEQUENCE))
		which = DROP_INVALID_END;
	else if (IS(TCP_OFO_QUEUE_PRUNE))
		which = DROP_OFO_PRUNE;
	else if (IS(PROTO_MEM))
		which = DROP_PROTO_MEM;
	else if (IS(SOCKET_RCVBUFF))
		which = DROP_SOCKET_RCVBUFF;
	else if (IS(SOCKET_BACKLOG))
		which = DROP_SOCKET_BACKLOG;
	else if (IS(TCP_OFO_DROP))
		which = DROP_OFO_DROP;
	else
		return 0;
	/* Such a drop may be of a datagram: only TCP is counted. */
	if (!bpf_skc_to_tcp_sock(rx_sk))
		return 0;
	is_window = which == DROP_ZERO_WINDOW || which == DROP_OVER_WINDOW || which == DROP_INVALID_END;
	if (is_window) {
		b = bpf_map_lookup_elem(&brackets, &key);
		if (b)
			b->is_open = 0;
	}
	t = totals_of(bpf_get_socket_cookie(rx_sk));
	if (!t)
		return 0;
	if (is_window)
		__sync_fetch_and_add(&t->window_drops, 1);
	else if (which == DROP_OFO_PRUNE)
		__sync_fetch_and_add(&t->ofo_pruned, 1);
	else
		__sync_fetch_and_add(&t->memory_drops, 1);
	if (which < DROP_REASONS)
		__sync_fetch_and_add(&t->drops[which], 1);
	return 0;
}

SEC("tp_btf/tcp_rcvbuf_grow")
int BPF_PROG(see_autotuning, struct sock *sk)
{
	struct totals *t;

	if (!is_here(sk))
		return 0;
	t = totals_of(bpf_get_socket_cookie(sk));
	if (t)
		__sync_fetch_and_add(&t->autotune_events, 1);
	return 0;
}

/* Independent of the bracket: on each tick of a CPU, is tcp_collapse on the stack? */
SEC("perf_event")
int sample_stack(void *ctx)
{
	__u32 which_first = COLLAPSE_FIRST, which_last = COLLAPSE_LAST, zero = 0;
	__u64 *first = bpf_map_lookup_elem(&settings, &which_first);
	__u64 *last = bpf_map_lookup_elem(&settings, &which_last);
	__u64 *stack = bpf_map_lookup_elem(&stacks, &zero);
	long bytes;

	count(&ticks, TICKS);
	if (!first || !last || !stack)
		return 0;
	bytes = bpf_get_stack(ctx, stack, STACK_DEPTH * sizeof(__u64), 0);
#pragma unroll
	for (int i = 0; i < STACK_DEPTH; i++) {
		if ((long)(i * sizeof(__u64)) >= bytes)
			return 0;
		if (stack[i] >= *first && stack[i] < *last) {
			count(&ticks, TICKS_IN_COLLAPSE);
			return 0;
		}
	}
	return 0;
}

SEC("iter/task_file")
int list_owners(struct bpf_iter__task_file *ctx)
{
	struct task_struct *task = ctx->task;
	struct file *file = ctx->file;
	struct owner o = {};

	if (!task || !file || task->pid != task->tgid || !bpf_sock_from_file(file))
		return 0;
	o.inode = file->f_inode->i_ino;
	o.tgid = task->tgid;
	bpf_probe_read_kernel_str(o.comm, sizeof(o.comm), task->comm);
	bpf_seq_write(ctx->meta->seq, &o, sizeof(o));
	return 0;
}
