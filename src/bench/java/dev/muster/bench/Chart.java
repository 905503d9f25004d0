package dev.muster.bench;

import java.awt.BasicStroke;
import java.awt.Color;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.knowm.xchart.VectorGraphicsEncoder;
import org.knowm.xchart.VectorGraphicsEncoder.VectorGraphicsFormat;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.style.Styler;
import org.knowm.xchart.style.lines.SeriesLines;
import org.knowm.xchart.style.markers.SeriesMarkers;

/// A plot, drawn by XChart as SVG.
final class Chart {

    private static final int WIDTH = 760;
    private static final int HEIGHT = 420;
    private static final Color SPAN = new Color(0x0b6e4f);
    private static final BasicStroke THIN = new BasicStroke(0.5f);

    private final XYChart chart;

    /// @param across  what the horizontal axis shows, with its unit
    /// @param upwards what the vertical axis shows, with its unit
    Chart(String title, String across, String upwards) {
        chart = new XYChartBuilder()
                .width(WIDTH)
                .height(HEIGHT)
                .title(title)
                .xAxisTitle(across)
                .yAxisTitle(upwards)
                .theme(Styler.ChartTheme.XChart)
                .build();
        chart.getStyler().setLegendPosition(Styler.LegendPosition.OutsideE);
        chart.getStyler().setChartBackgroundColor(Color.WHITE);
        chart.getStyler().setPlotGridLinesStroke(THIN).setPlotGridLinesColor(Color.LIGHT_GRAY);
        chart.getStyler().setXAxisMin(0.0).setYAxisMin(0.0);
    }

    record Point(double x, double y) {}

    /// A request's way through a batch, in milliseconds since the batch was sent.
    record Span(double from, double to) {}

    Chart logarithmicAcross() {
        chart.getStyler().setXAxisMin(null).setXAxisLogarithmic(true);
        return this;
    }

    Chart logarithmicUpwards() {
        chart.getStyler().setYAxisMin((Double) null).setYAxisLogarithmic(true);
        return this;
    }

    Chart line(String name, List<Point> points) {
        chart.addSeries(
                name,
                points.stream().mapToDouble(Point::x).toArray(),
                points.stream().mapToDouble(Point::y).toArray());
        return this;
    }

    /// Each span as a line under the one before it.
    Chart waterfall(List<Span> spans) {
        for (int i = 0; i < spans.size(); i++) {
            double height = (double) spans.size() - i;
            var span = chart.addSeries(
                    "call " + i, new double[] {spans.get(i).from(), spans.get(i).to()}, new double[] {height, height});
            span.setMarker(SeriesMarkers.NONE)
                    .setLineColor(SPAN)
                    .setLineStyle(SeriesLines.SOLID)
                    .setLineWidth(1);
        }
        chart.getStyler()
                .setPlotGridHorizontalLinesVisible(false)
                .setYAxisTicksVisible(false)
                .setLegendVisible(false);
        return this;
    }

    String svg() {
        var drawing = new ByteArrayOutputStream();
        try {
            VectorGraphicsEncoder.saveVectorGraphic(chart, drawing, VectorGraphicsFormat.SVG);
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
        return drawing.toString(StandardCharsets.UTF_8);
    }
}
