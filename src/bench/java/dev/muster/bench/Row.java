package dev.muster.bench;

/// A part of the benchmark that can be taken alone. It starts what it needs and stops it again.
interface Row {

    /// What `--only` calls it.
    String name();

    /// One sentence: what is measured.
    String what();

    void measure(Bench bench) throws Exception;
}
