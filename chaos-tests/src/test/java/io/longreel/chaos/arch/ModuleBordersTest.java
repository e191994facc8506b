package io.longreel.chaos.arch;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.util.Arrays;

/** Which module may use which, and which library stays behind one of them (docs/architecture.md, "Modules"). */
@AnalyzeClasses(packages = "io.longreel", importOptions = DoNotIncludeTests.class)
final class ModuleBordersTest {
    private static final String CONFIG = "io.longreel.config..";
    private static final String OPS = "io.longreel.ops..";
    private static final String TRANSPORT = "io.longreel.transport..";
    private static final String MODEL = "io.longreel.model..";
    private static final String CURRICULUM = "io.longreel.curriculum..";
    private static final String RUNTIME = "io.longreel.runtime..";

    @ArchTest
    static final ArchRule shouldKeepConfigurationFreeOfTheRest = onlyOurs(CONFIG)
            .because("a configuration is read and checked on machines that have neither device nor network");

    @ArchTest
    static final ArchRule shouldKeepKernelsFreeOfTheRest =
            onlyOurs(OPS).because("a kernel knows tensors, not why somebody computes with them");

    @ArchTest
    static final ArchRule shouldLetTransportKnowBytesOnly = onlyOurs(TRANSPORT, CONFIG, OPS)
            .because("what travels has a meaning for the model alone; transport moves tensors between ranks");

    @ArchTest
    static final ArchRule shouldLetTheModelKnowNoData = onlyOurs(MODEL, TRANSPORT, OPS, CONFIG)
            .because("the model takes packed batches; where they come from, and which actor asks, is not its matter");

    @ArchTest
    static final ArchRule shouldLetTheCurriculumKnowNoRanks = onlyOurs(CURRICULUM, MODEL, CONFIG, OPS)
            .because(
                    "data is made per shard, never sent: the model's FrameSource, and the tensors that it fills, are all it meets");

    @ArchTest
    static final ArchRule shouldLetNobodyUseTheRuntime = noClasses()
            .that()
            .resideOutsideOfPackages(RUNTIME, "io.longreel.chaos..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage(RUNTIME)
            .because("the runtime stands on top: what it calls must work in a test without any actor");

    @ArchTest
    static final ArchRule shouldHaveNoCyclesBetweenModules = slices().matching("io.longreel.(*)..")
            .should()
            .beFreeOfCycles()
            .because("modules are built one after the other");

    @ArchTest
    static final ArchRule shouldKeepGpuLibrariesInOps = onlyIn(OPS, "jcuda..")
            .allowEmptyShould(true)
            .because("devices stand behind one interface, so that everything above runs on any of them");

    @ArchTest
    static final ArchRule shouldKeepVectorInstructionsInOps = onlyIn(OPS, "jdk.incubator.vector..")
            .because("the Vector API is an incubator: when it changes, one module changes with it");

    @ArchTest
    static final ArchRule shouldKeepAeronInTransport =
            onlyIn(TRANSPORT, "io.aeron..", "org.agrona..").because("links can be replaced by those of a simulation");

    @ArchTest
    static final ArchRule shouldKeepFfmpegBehindImagesAndVideos = noClasses()
            .that()
            .resideOutsideOfPackages("io.longreel.curriculum.image..", "io.longreel.curriculum.video..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("org.bytedeco.ffmpeg..")
            .because("its memory is nobody's: two packages own what they ask for, and give pixels to the rest");

    @ArchTest
    static final ArchRule shouldKeepKryoInSerialization = onlyIn(
                    "io.longreel.runtime.serialization..", "com.esotericsoftware..")
            .because("one package decides which bytes a message is, and which classes the network may name");

    @ArchTest
    static final ArchRule shouldKeepActorsInTheRuntime = noClasses()
            .that()
            .resideOutsideOfPackages(RUNTIME, CURRICULUM)
            .should()
            .dependOnClassesThat()
            .resideInAPackage("org.apache.pekko..")
            .because("Pekko carries control; what computes or sends must not depend on it");

    @ArchTest
    static final ArchRule shouldGiveTheCurriculumStreamsOnly = noClasses()
            .that()
            .resideInAPackage(CURRICULUM)
            .should()
            .dependOnClassesThat(resideInAPackage("org.apache.pekko..").and(DescribedPredicate.not(streams())))
            .because("decoding ahead is a stream with backpressure; actors are the runtime's");

    @ArchTest
    static final ArchRule shouldReadHoconInOnePlace = noClasses()
            .that()
            .resideOutsideOfPackages(CONFIG, "io.longreel.runtime.launch..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("com.typesafe.config..")
            .because("records carry the configuration; only Pekko's own settings are HOCON elsewhere");

    @ArchTest
    static final ArchRule shouldKeepTheSupervisorsDecisionsFreeOfActors = noClasses()
            .that()
            .resideInAPackage("io.longreel.runtime.supervisor..")
            .and()
            .haveNameNotMatching("io\\.longreel\\.runtime\\.supervisor\\.SupervisorActor(\\$.*)?")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("org.apache.pekko..")
            .because(
                    "decisions are a pure state machine (state, event) -> (state, effects); the actor is a thin shell round it");

    @ArchTest
    static final ArchRule shouldKeepTheCommandLineOnTop = noClasses()
            .that()
            .resideInAPackage("io.longreel..")
            .and()
            .resideOutsideOfPackages("io.longreel.runtime.cli..", "io.longreel.chaos.cli..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("io.longreel.runtime.cli..", "picocli..")
            .because("what a command does can be called without the words that a user types");

    @ArchTest
    static final ArchRule shouldLetNobodyKnowWhoMakesFaults = noClasses()
            .that()
            .resideOutsideOfPackage("io.longreel.chaos..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("io.longreel.chaos..")
            .because("a run that is meant to train has no fault in it; a seam is all that the runtime knows of them");

    @ArchTest
    static final ArchRule shouldUseNothingTheJdkHides = noClasses()
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("sun..", "jdk.internal..")
            .because("what the JDK does not export can be gone in its next version");

    /** No class of {@code from} uses classes of ours other than its own and those of {@code allowed}. */
    private static ArchRule onlyOurs(String from, String... allowed) {
        String[] known = Arrays.copyOf(allowed, allowed.length + 1);
        known[allowed.length] = from;
        return noClasses()
                .that()
                .resideInAPackage(from)
                .should()
                .dependOnClassesThat(
                        resideInAPackage("io.longreel..").and(DescribedPredicate.not(resideInAnyPackage(known))));
    }

    /** Only {@code home} uses these libraries. */
    private static ArchRule onlyIn(String home, String... libraries) {
        return noClasses()
                .that()
                .resideOutsideOfPackage(home)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(libraries);
    }

    /** Streams, and the one type that a stream's materializer is made from. */
    private static DescribedPredicate<JavaClass> streams() {
        return resideInAnyPackage("org.apache.pekko.stream..", "org.apache.pekko.japi..")
                .or(DescribedPredicate.describe(
                        "are what a stream needs to run or to stop",
                        type -> type.getFullName().equals("org.apache.pekko.actor.ClassicActorSystemProvider")
                                || type.getFullName().equals("org.apache.pekko.NotUsed")
                                || type.getFullName().equals("org.apache.pekko.Done")));
    }
}
