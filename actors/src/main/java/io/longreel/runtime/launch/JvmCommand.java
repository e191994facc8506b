package io.longreel.runtime.launch;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The command line of another JVM of this program: the same Java, the same class path, the same flags as this one was
 * started with, and the same archive of loaded classes where there is one. Compute needs little heap, as tensors live
 * outside of it.
 */
public final class JvmCommand {
    /** What the build passes to every JVM of the program; bin/longreel sets it from the same place. */
    private static final String FLAGS = System.getProperty(
            "longreel.jvm.flags",
            "--enable-native-access=ALL-UNNAMED --add-modules jdk.incubator.vector"
                    + " --add-opens java.base/jdk.internal.misc=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow");

    private JvmCommand() {}

    /** A worker with these arguments behind {@code worker}. */
    static List<String> worker(List<String> arguments) {
        List<String> all = new ArrayList<>(List.of("worker"));
        all.addAll(arguments);
        return program(all);
    }

    /** Another command of the program, with these arguments. */
    public static List<String> program(List<String> arguments) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of(FLAGS.split(" +")));
        command.addAll(List.of("-Xms256m", "-Xmx1g", "-XX:+UseSerialGC", "-XX:+ExitOnOutOfMemoryError"));
        String archive = System.getProperty("longreel.jvm.archive", "");
        if (!archive.isEmpty()) {
            command.addAll(List.of(
                    "-XX:SharedArchiveFile=" + archive, "-Xlog:cds*=off", "-Xlog:aot*=off", "-Xlog:class+path=off"));
        }
        if (JvmCommand.class.desiredAssertionStatus()) {
            command.add("-ea");
        }
        command.add("-Dlongreel.jvm.flags=" + FLAGS);
        command.add("-Dlongreel.home=" + System.getProperty("longreel.home", ""));
        // A supervisor plans meshes as the process that started the job did.
        command.add("-Dlongreel.calibration=" + System.getProperty("longreel.calibration", ""));
        command.addAll(List.of("-cp", System.getProperty("java.class.path")));
        command.add("io.longreel.runtime.cli.Main");
        command.addAll(arguments);
        return command;
    }
}
