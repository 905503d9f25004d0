package dev.muster.cache;

import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoField;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// The three formats of an HTTP date (RFC 9110, section 5.6.7).
public final class HttpDate {

    private static final DateTimeFormatter IMF_FIXDATE =
            DateTimeFormatter.ofPattern("EEE, dd MMM uuuu HH:mm:ss 'GMT'", Locale.ENGLISH);

    /// Two digits of a year mean one from 1970 to 2069. Nobody has sent this format for decades.
    private static final DateTimeFormatter RFC_850 = new DateTimeFormatterBuilder()
            .appendPattern("EEEE, dd-MMM-")
            .appendValueReduced(ChronoField.YEAR, 2, 2, LocalDate.of(1970, 1, 1))
            .appendPattern(" HH:mm:ss 'GMT'")
            .toFormatter(Locale.ENGLISH);

    private static final DateTimeFormatter ASCTIME =
            DateTimeFormatter.ofPattern("EEE MMM ppd HH:mm:ss uuuu", Locale.ENGLISH);

    private static final List<DateTimeFormatter> FORMATS = List.of(IMF_FIXDATE, RFC_850, ASCTIME);

    private HttpDate() {}

    /// The moment that `text` says, or `null` if it is no date.
    public static @Nullable Instant parse(String text) {
        String date = text.strip();
        // `0` and `-1` are usual ways to say "expired", and not worth three exceptions each.
        if (date.length() < 24) {
            return null;
        }
        for (DateTimeFormatter format : FORMATS) {
            try {
                return LocalDateTime.parse(date, format).toInstant(ZoneOffset.UTC);
            } catch (DateTimeParseException _) {
                // Perhaps it is in the next format.
            }
        }
        return null;
    }
}
