package io.longreel.config;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigParseOptions;
import io.longreel.config.plan.Calibration;
import io.longreel.config.plan.ClusterSpec;
import io.longreel.config.plan.Hardware;
import io.longreel.config.plan.Link;
import io.longreel.config.plan.Software;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;

/**
 * What {@code plan calibrate} measured, as a file {@code { cluster { ... }, software { ... } }}: the first with the keys of plan/clusters.conf, the second with those of
 * plan/software.conf that were measured, over this program's. Reads files only.
 */
public final class CalibrationFile {
    /** The device that stands for the machine where it was not measured, and the program that runs on it. */
    static final String DEVICE = "this-machine";

    static final String PROGRAM = "longreel";

    /** Names the file that is looked for when nobody names another; bin/longreel sets it. */
    private static final String PROPERTY = "longreel.calibration";

    private static final String CLUSTER = "cluster";
    private static final String SOFTWARE = "software";

    private CalibrationFile() {}

    /** A machine and the program on it. */
    public record Measured(ClusterSpec cluster, Software software) {}

    /** Where a calibration is looked for; empty where the launcher said nothing, as in tests. */
    public static Optional<Path> place() {
        return Optional.ofNullable(System.getProperty(PROPERTY))
                .filter(name -> !name.isBlank())
                .map(Path::of);
    }

    /** This machine as it was measured, or as plan/clusters.conf has it where it was not. */
    public static Measured here() {
        return place().filter(Files::isRegularFile)
                .map(file -> read(file, 1))
                .orElseGet(() -> new Measured(PlanPresets.cluster(DEVICE, 1), PlanPresets.software(PROGRAM)));
    }

    /** So many ranks of a machine, in as many nodes as they fill. */
    public static Measured read(Path file, int ranks) {
        Faults faults = new Faults();
        String name = file.toString();
        ConfigReader clusterReader = new ConfigReader(group(file, CLUSTER), name + ": " + CLUSTER, faults);
        ConfigReader softwareReader = new ConfigReader(group(file, SOFTWARE), name + ": " + SOFTWARE, faults);
        ClusterSpec cluster = PlanPresets.cluster(name, ranks, clusterReader);
        Software software = PlanPresets.software(name, softwareReader);
        clusterReader.rejectUnknownKeys();
        softwareReader.rejectUnknownKeys();
        faults.throwIfAny();
        return new Measured(cluster, software);
    }

    static boolean isCalibration(String name) {
        return !PlanPresets.clusters().contains(name) && Files.isRegularFile(Path.of(name));
    }

    /** The keys of the device that a file describes. */
    static ConfigObject cluster(String name) {
        return group(Path.of(name), CLUSTER);
    }

    /** The keys of the program that a file describes: what it does not have is as it is everywhere. */
    static ConfigObject software(String name) {
        return group(Path.of(name), SOFTWARE);
    }

    private static ConfigObject group(Path file, String key) {
        Config config;
        try {
            config = ConfigFactory.parseFile(
                            file.toFile(), ConfigParseOptions.defaults().setAllowMissing(false))
                    .resolve();
        } catch (ConfigException e) {
            String why = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
            throw new RuntimeFailure(
                    RuntimeFailure.Category.CONFIG, "%s is not valid HOCON: %s".formatted(file, why), e);
        }
        for (String known : config.root().keySet()) {
            if (!known.equals(CLUSTER) && !known.equals(SOFTWARE)) {
                throw RuntimeFailure.config(
                        "%s: %s is an unknown key; known here: %s, %s".formatted(file, known, CLUSTER, SOFTWARE));
            }
        }
        if (config.root().get(key) instanceof ConfigObject group) {
            return key.equals(SOFTWARE)
                    ? group.withFallback(PlanPresets.group(PlanPresets.Kind.SOFTWARE, PROGRAM))
                    : group;
        }
        throw RuntimeFailure.config(
                "%s: %s { ... } is missing; \"plan calibrate\" writes such files".formatted(file, key));
    }

    /** A calibration as text that {@link #read} takes. */
    public static String text(Calibration measured) {
        ClusterSpec cluster = measured.cluster(DEVICE, measured.cores());
        Hardware hardware = cluster.hardware();
        Calibration.Constants constants = measured.constants();
        return """
                # Measured by "bin/longreel plan calibrate": a core of this machine while all of them compute, and this program on it. The keys are those of
                # plan/clusters.conf and plan/software.conf (docs/planner.md). "plan --gpu FILE" takes it.
                cluster {
                  peak-flops = %s
                  product-share = %s
                  attention-share = %s
                  memory-bandwidth = %s
                  memory-share = 1
                  memory = %d B
                  reserved-memory = %d B
                  element-bytes = %d
                  gpus-per-node = %d
                  inside { %s }
                  between { %s }
                  cores = %d
                  alone = %s
                }
                software {
                  fixed-seconds = %s
                  ring-step-seconds = %s
                  details {
                    layer-seconds = %s
                    operand-bytes = %s
                    loop-share = %s
                    score-width = %s
                    row-seconds = %s
                    meeting-seconds = %s
                    turn-seconds = %s
                    weight-bytes = %s
                  }
                }
                """.formatted(
                        number(hardware.peakFlops()),
                        number(hardware.productShare()),
                        number(hardware.attentionShare()),
                        number(hardware.memoryBytesPerSecond()),
                        hardware.memoryBytes(),
                        hardware.reservedBytes(),
                        hardware.elementBytes(),
                        cluster.gpusPerNode(),
                        link(cluster.inside()),
                        link(cluster.between()),
                        measured.cores(),
                        number(measured.alone()),
                        number(constants.fixedSeconds()),
                        number(constants.ringStepSeconds()),
                        number(constants.layerSeconds()),
                        number(constants.operandBytes()),
                        number(constants.loopShare()),
                        number(constants.scoreWidth()),
                        number(constants.rowSeconds()),
                        number(constants.meetingSeconds()),
                        number(constants.turnSeconds()),
                        number(constants.weightBytes()));
    }

    private static String link(Link link) {
        return "bandwidth = %s, latency = %s".formatted(number(link.bytesPerSecond()), number(link.latencySeconds()));
    }

    /** Four digits: more are noise. A share that would round to more than one stays one. */
    private static String number(double value) {
        return String.format(Locale.ROOT, "%.4g", value);
    }
}
