package dev.muster.demo;

/// A path variable or query parameter broke its rule; answered with status 400.
final class BadParameterException extends RuntimeException {

    private final String parameter;
    private final String rule;

    BadParameterException(String parameter, String rule) {
        // A refusal is an answer, not a defect: no stack trace.
        super(parameter + ": " + rule, null, false, false);
        this.parameter = parameter;
        this.rule = rule;
    }

    Answer answer() {
        return new Answer(400, parameter, rule);
    }

    /// The body of the 400.
    record Answer(int status, String parameter, String rule) {}
}
