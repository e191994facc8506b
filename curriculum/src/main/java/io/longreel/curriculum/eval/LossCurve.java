package io.longreel.curriculum.eval;

import io.longreel.curriculum.eval.Drawing.Anchor;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * The loss over the steps of a run, on a logarithmic scale, stage by stage: each step as a faint line, its running mean as a strong one. The
 * mean starts anew with each stage, because the data does.
 */
final class LossCurve implements Picture {
    private static final int[] STAGE_COLOURS = {0x4c78a8, 0xf58518, 0x54a24b, 0xb279a2, 0xe45756, 0x72b7b2, 0x9d755d};
    private static final int INK = 0x1f2733;
    private static final int FAINT = 0x68717f;
    private static final int GRID = 0xe3e6eb;

    private static final double WIDTH = 1040;
    private static final double HEIGHT = 360;
    private static final double LEFT = 58;
    private static final double RIGHT = 16;
    private static final double TOP = 40;
    private static final double BOTTOM = 46;

    /** Losses below this are drawn at it: 0 has no logarithm. */
    private static final double LOSS_MIN = 1e-4;

    private static final double SMOOTHING = 0.93;

    /** Steps of one stage that follow each other. */
    private record Run(String stage, int stageIndex, List<StepMetrics> steps) {}

    private final List<StepMetrics> steps;
    private final List<Run> runs;
    private final int decadeLow;
    private final int decadeHigh;

    private LossCurve(List<StepMetrics> steps) {
        this.steps = steps;
        this.runs = split(steps);
        double low = steps.stream().mapToDouble(LossCurve::loss).min().orElse(0.1);
        double high = steps.stream().mapToDouble(LossCurve::loss).max().orElse(10);
        this.decadeLow = (int) Math.floor(Math.log10(low));
        this.decadeHigh = Math.max(decadeLow + 1, (int) Math.ceil(Math.log10(high)));
    }

    static LossCurve of(List<StepMetrics> steps) {
        return new LossCurve(
                steps.stream().filter(step -> Double.isFinite(step.loss())).toList());
    }

    static int stageColour(int stageIndex) {
        return STAGE_COLOURS[stageIndex % STAGE_COLOURS.length];
    }

    @Override
    public String title() {
        return "loss over the steps of the run, by stage";
    }

    @Override
    public double width() {
        return WIDTH;
    }

    @Override
    public double height() {
        return HEIGHT;
    }

    @Override
    public void draw(Drawing drawing) {
        double bottom = HEIGHT - BOTTOM;
        for (Run run : runs) {
            double from = x(run.steps().getFirst().globalStep());
            double to = x(run.steps().getLast().globalStep() + 1);
            int colour = stageColour(run.stageIndex());
            drawing.rectangle(from, TOP, to - from, bottom - TOP, 0, colour, 0.07);
            if (to - from > 6.2 * run.stage().length()) {
                drawing.text((from + to) / 2, TOP - 10, 12, Anchor.MIDDLE, true, colour, run.stage());
            } else if (to - from > 12) {
                // The number in front of a stage's name says enough where there is no room.
                drawing.text(
                        (from + to) / 2,
                        TOP - 10,
                        12,
                        Anchor.MIDDLE,
                        true,
                        colour,
                        run.stage().substring(0, 1));
            }
        }
        drawAxes(drawing, bottom);
        for (Run run : runs) {
            drawRun(drawing, run);
        }
    }

    private void drawAxes(Drawing drawing, double bottom) {
        for (int decade = decadeLow; decade <= decadeHigh; decade++) {
            double y = y(Math.pow(10, decade));
            drawing.line(new double[] {LEFT, WIDTH - RIGHT}, new double[] {y, y}, GRID, 1, 1);
            String label = decade >= 0
                    ? Long.toString(Math.round(Math.pow(10, decade)))
                    : String.format(Locale.ROOT, "%." + -decade + "f", Math.pow(10, decade));
            drawing.text(LEFT - 8, y + 4, 11.5, Anchor.END, false, FAINT, label);
        }
        int last = steps.isEmpty() ? 1 : steps.getLast().globalStep() + 1;
        int stride = niceStride(last);
        for (int step = 0; step <= last; step += stride) {
            String label = String.format(Locale.ROOT, "%,d", step);
            drawing.text(x(step), bottom + 18, 11.5, Anchor.MIDDLE, false, FAINT, label);
        }
        drawing.text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 6, 12, Anchor.MIDDLE, false, FAINT, "step");
        drawing.textUpwards(16, (TOP + bottom) / 2, 12, FAINT, "loss per labelled token");
        drawing.line(new double[] {LEFT, WIDTH - RIGHT}, new double[] {bottom, bottom}, INK, 1, 0.6);
    }

    private void drawRun(Drawing drawing, Run run) {
        int n = run.steps().size();
        double[] x = new double[n];
        double[] raw = new double[n];
        double[] smooth = new double[n];
        double mean = 0;
        double weight = 0;
        for (int i = 0; i < n; i++) {
            double loss = loss(run.steps().get(i));
            mean = SMOOTHING * mean + (1 - SMOOTHING) * loss;
            weight = SMOOTHING * weight + 1 - SMOOTHING;
            x[i] = x(run.steps().get(i).globalStep() + 0.5);
            raw[i] = y(loss);
            smooth[i] = y(mean / weight);
        }
        int colour = stageColour(run.stageIndex());
        drawing.line(x, raw, colour, 0.8, 0.35);
        drawing.line(x, smooth, colour, 2.4, 1);
    }

    private double x(double globalStep) {
        int last = steps.isEmpty() ? 1 : steps.getLast().globalStep() + 1;
        return LEFT + globalStep / last * (WIDTH - LEFT - RIGHT);
    }

    private double y(double loss) {
        double share = (Math.log10(loss) - decadeLow) / (decadeHigh - decadeLow);
        return HEIGHT - BOTTOM - share * (HEIGHT - BOTTOM - TOP);
    }

    private static double loss(StepMetrics step) {
        return Math.max(LOSS_MIN, step.loss());
    }

    private static int niceStride(int last) {
        int stride = 1;
        while (last / stride > 10) {
            stride = switch (Integer.toString(stride).charAt(0)) {
                case '1' -> stride * 2;
                case '2' -> stride / 2 * 5;
                default -> stride * 2;
            };
        }
        return stride;
    }

    private static List<Run> split(List<StepMetrics> steps) {
        List<Run> runs = new ArrayList<>();
        for (StepMetrics step : steps) {
            if (runs.isEmpty() || runs.getLast().stageIndex() != step.stageIndex()) {
                runs.add(new Run(step.stage(), step.stageIndex(), new ArrayList<>()));
            }
            runs.getLast().steps().add(step);
        }
        return runs;
    }
}
