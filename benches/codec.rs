//! What a message costs on its way in and out of its frame: decoding, encoding, unmasking.
//!
//! Times alone compare runs on one quiet machine; `benches/instructions.rs` counts the same work exactly.
#![expect(clippy::unwrap_used, reason = "a benchmark that can't go on ends")]

#[path = "cases/codec.rs"]
mod cases;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};

fn codec(bench: &mut Criterion) {
    let mut group = bench.benchmark_group("codec");
    for (name, text) in cases::MESSAGES {
        group.bench_function(format!("decode {name}"), |run| run.iter(|| cases::decode(text)));
    }
    let publication = cases::publication();
    group.bench_function("encode publication", |run| run.iter(|| cases::encode(&publication)));
    for bytes in [100, 1_000, 60_000] {
        let frame = cases::masked(bytes);
        group.throughput(Throughput::Bytes(bytes as u64));
        group.bench_function(format!("unmask {bytes} B"), |run| {
            run.iter_batched_ref(|| frame.clone(), |frame| cases::unmask(frame), BatchSize::SmallInput);
        });
    }
    group.finish();
}

criterion_group!(benches, codec);
criterion_main!(benches);
