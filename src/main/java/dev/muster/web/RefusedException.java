package dev.muster.web;

/// A request that is refused before anything of it was started.
final class RefusedException extends RuntimeException {

    private final Problem problem;

    RefusedException(Problem problem) {
        super(problem.detail(), null, false, false);
        this.problem = problem;
    }

    Problem problem() {
        return problem;
    }
}
