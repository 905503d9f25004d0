package dev.muster.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.DoubleUnaryOperator;

/// Draws plots as SVG.
final class Chart {

    private static final int WIDTH = 760;
    private static final int HEIGHT = 420;
    private static final int LEFT = 70;
    private static final int RIGHT = 210;
    private static final int TOP = 40;
    private static final int BOTTOM = 50;
    private static final int TICKS = 6;
    private static final List<String> COLOURS =
            List.of("#0b6e4f", "#c8553d", "#2f6db5", "#8e5bb0", "#b8860b", "#555555", "#d16ba5");

    private final String title;
    private final String across;
    private final String upwards;
    private final List<Series> all = new ArrayList<>();
    private boolean logarithmicAcross;
    private boolean logarithmicUpwards;

    /// @param across  what the horizontal axis shows, with its unit
    /// @param upwards what the vertical axis shows, with its unit
    Chart(String title, String across, String upwards) {
        this.title = title;
        this.across = across;
        this.upwards = upwards;
    }

    record Point(double x, double y) {}

    private record Series(String name, List<Point> points) {}

    /// A request's way through a batch, in milliseconds since the batch was sent.
    record Span(double from, double to) {}

    Chart logarithmicAcross() {
        logarithmicAcross = true;
        return this;
    }

    Chart logarithmicUpwards() {
        logarithmicUpwards = true;
        return this;
    }

    Chart line(String name, List<Point> points) {
        all.add(new Series(name, List.copyOf(points)));
        return this;
    }

    String svg() {
        var points = all.stream().flatMap(series -> series.points().stream()).toList();
        var xs = points.stream().map(Point::x).toList();
        var ys = points.stream().map(Point::y).toList();
        var x = new Axis(xs, logarithmicAcross, LEFT, WIDTH - RIGHT);
        var y = new Axis(ys, logarithmicUpwards, HEIGHT - BOTTOM, TOP);
        var drawing = frame(WIDTH, HEIGHT);
        for (double tick : x.ticks()) {
            line(drawing, x.at(tick), TOP, x.at(tick), HEIGHT - BOTTOM, "#e4e4e4", 1);
            text(drawing, x.at(tick), HEIGHT - BOTTOM + 16, "middle", Report.number(tick));
        }
        for (double tick : y.ticks()) {
            line(drawing, LEFT, y.at(tick), WIDTH - RIGHT, y.at(tick), "#e4e4e4", 1);
            text(drawing, LEFT - 6, y.at(tick) + 4, "end", Report.number(tick));
        }
        for (int i = 0; i < all.size(); i++) {
            String colour = COLOURS.get(i % COLOURS.size());
            var path = new StringBuilder();
            for (Point point : all.get(i).points()) {
                path.append(at(x.at(point.x())))
                        .append(',')
                        .append(at(y.at(point.y())))
                        .append(' ');
            }
            drawing.append("<polyline fill=\"none\" stroke=\"%s\" stroke-width=\"2\" points=\"%s\"/>\n"
                    .formatted(colour, path.toString().strip()));
            line(drawing, WIDTH - RIGHT + 12, TOP + 8 + 20 * i, WIDTH - RIGHT + 32, TOP + 8 + 20 * i, colour, 2);
            text(
                    drawing,
                    WIDTH - RIGHT + 38,
                    TOP + 12 + 20 * i,
                    "start",
                    all.get(i).name());
        }
        return titled(drawing, HEIGHT);
    }

    /// Each span as a line under the one before it.
    String waterfall(List<Span> spans) {
        int height = TOP + BOTTOM + spans.size();
        var x = new Axis(spans.stream().map(Span::to).toList(), false, LEFT, WIDTH - 40);
        var drawing = frame(WIDTH, height);
        for (double tick : x.ticks()) {
            line(drawing, x.at(tick), TOP, x.at(tick), height - BOTTOM, "#e4e4e4", 1);
            text(drawing, x.at(tick), height - BOTTOM + 16, "middle", Report.number(tick));
        }
        for (int i = 0; i < spans.size(); i++) {
            line(drawing, x.at(spans.get(i).from()), TOP + i, x.at(spans.get(i).to()), TOP + i, COLOURS.getFirst(), 1);
        }
        return titled(drawing, height);
    }

    private String titled(StringBuilder drawing, int height) {
        drawing.append("<text x=\"%d\" y=\"22\" font-weight=\"bold\">%s</text>\n".formatted(LEFT, escaped(title)));
        text(drawing, (LEFT + WIDTH - RIGHT) / 2.0, height - 12, "middle", across);
        drawing.append("<text transform=\"translate(16,%d) rotate(-90)\" text-anchor=\"middle\">%s</text>\n"
                .formatted(height / 2, escaped(upwards)));
        return drawing.append("</svg>\n").toString();
    }

    private static StringBuilder frame(int width, int height) {
        return new StringBuilder("""
                <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %1$d %2$d" width="%1$d" height="%2$d" \
                font-family="sans-serif" font-size="12">
                <rect width="%1$d" height="%2$d" fill="white"/>
                """.formatted(width, height));
    }

    private static void line(
            StringBuilder drawing, double x1, double y1, double x2, double y2, String colour, int width) {
        drawing.append("<line x1=\"%s\" y1=\"%s\" x2=\"%s\" y2=\"%s\" stroke=\"%s\" stroke-width=\"%d\"/>\n"
                .formatted(at(x1), at(y1), at(x2), at(y2), colour, width));
    }

    private static void text(StringBuilder drawing, double x, double y, String anchor, String text) {
        drawing.append("<text x=\"%s\" y=\"%s\" text-anchor=\"%s\">%s</text>\n"
                .formatted(at(x), at(y), anchor, escaped(text)));
    }

    private static String escaped(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;");
    }

    /// A coordinate.
    private static String at(double pixels) {
        return String.format(Locale.ROOT, "%.1f", pixels);
    }

    /// Where values stand on an axis: linear from zero, or logarithmic.
    private static final class Axis {

        private final DoubleUnaryOperator scale;
        private final double low;
        private final double high;
        private final boolean logarithmic;
        private final double from;
        private final double to;

        Axis(List<Double> values, boolean logarithmic, double from, double to) {
            this.logarithmic = logarithmic;
            this.from = from;
            this.to = to;
            double most = values.stream().mapToDouble(Double::doubleValue).max().orElse(1);
            double least =
                    values.stream().mapToDouble(Double::doubleValue).min().orElse(0);
            if (logarithmic) {
                scale = Math::log10;
                low = Math.pow(10, Math.floor(Math.log10(least)));
                high = Math.pow(10, Math.ceil(Math.log10(most)));
            } else {
                scale = DoubleUnaryOperator.identity();
                low = 0;
                high = step(most) * Math.ceil(most / step(most));
            }
        }

        /// 1, 2 or 5 times a power of ten, so that some six of them reach `most`.
        private static double step(double most) {
            double power = Math.pow(10, Math.floor(Math.log10(most / TICKS)));
            for (int digit : new int[] {1, 2, 5}) {
                if (most / (digit * power) <= TICKS) {
                    return digit * power;
                }
            }
            return 10 * power;
        }

        double at(double value) {
            double share = (scale.applyAsDouble(value) - scale.applyAsDouble(low))
                    / (scale.applyAsDouble(high) - scale.applyAsDouble(low));
            return from + share * (to - from);
        }

        List<Double> ticks() {
            List<Double> ticks = new ArrayList<>();
            if (logarithmic) {
                for (double tick = low; tick <= high * 1.001; tick *= 10) {
                    ticks.add(tick);
                }
            } else {
                for (int i = 0; i * step(high) <= high * 1.001; i++) {
                    ticks.add(i * step(high));
                }
            }
            return ticks;
        }
    }
}
