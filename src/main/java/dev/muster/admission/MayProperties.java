package dev.muster.admission;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// What a caller may do. What an entry leaves out, it takes from that of the caller `default`; what that leaves out is
/// everything. So is `*` in a list.
///
/// @param urls     whether it may call plain URLs: yes
/// @param services services that it may call, by name or by a URL of theirs: all
/// @param methods  methods that its calls may have: all
/// @param views    views that it may use, which call what they call: all
public record MayProperties(
        @Nullable Boolean urls,
        @Nullable List<String> services,
        @Nullable List<String> methods,
        @Nullable List<String> views) {}
