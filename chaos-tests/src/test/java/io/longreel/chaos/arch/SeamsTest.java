package io.longreel.chaos.arch;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.AccessTarget;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Time, chance and the process itself are reached through seams that a simulation can replace. Each class that is a seam stands here with
 * its reason; one that no longer is has to leave the list.
 */
@AnalyzeClasses(packages = "io.longreel", importOptions = DoNotIncludeTests.class)
final class SeamsTest {
    private static final Map<String, String> CLOCK_SEAMS = new TreeMap<>(Map.ofEntries(
            Map.entry("io.longreel.chaos.cli.ScaleCommand", "times the decisions of a simulated supervisor"),
            Map.entry("io.longreel.chaos.cli.SoakCommand", "hands the clock to the soak"),
            Map.entry("io.longreel.chaos.cli.PlayCommand", "hands the clock to the theatre"),
            Map.entry("io.longreel.chaos.fault.ChaosInstruments", "hands the clocks to the faults"),
            Map.entry(
                    "io.longreel.chaos.process.BoundedWait",
                    "waits for real processes, which a simulation does not have"),
            Map.entry("io.longreel.curriculum.Curriculum", "hands the clock to the times of decoding"),
            Map.entry("io.longreel.runtime.cli.BenchCommand", "hands the clock to the measurements"),
            Map.entry("io.longreel.runtime.cli.DataBuildSftCommand", "hands the clock to the builder"),
            Map.entry("io.longreel.runtime.cli.DataStatsCommand", "hands the clock to the progress line"),
            Map.entry("io.longreel.runtime.cli.DoctorCommand", "hands the clock to the examination"),
            Map.entry("io.longreel.runtime.cli.EvalCommand", "hands the clock to the endpoints and the progress line"),
            Map.entry("io.longreel.runtime.cli.GenerateCommand", "hands the clock to the engine"),
            Map.entry("io.longreel.runtime.cli.ServeCommand", "hands the clocks to engine and server"),
            Map.entry("io.longreel.runtime.cli.EvalNeedleCommand", "hands the clock to the times of cells"),
            Map.entry("io.longreel.runtime.cli.VerifyCommand", "hands the clock to the checks"),
            Map.entry("io.longreel.runtime.launch.WorkerProcess", "hands the clock to the node actor"),
            Map.entry("io.longreel.runtime.launch.RunSession", "hands the clock to the screen"),
            Map.entry("io.longreel.runtime.launch.SupervisorHost", "hands the clock to the journal"),
            Map.entry("io.longreel.runtime.launch.RunFiles", "hands the clock to the journal"),
            Map.entry("io.longreel.runtime.launch.ServingFiles", "hands the clock to the journal"),
            Map.entry("io.longreel.runtime.launch.SeedProcess", "hands the clock to the supervisor"),
            Map.entry("io.longreel.runtime.trace.TraceInstruments", "hands the clocks to the timelines"),
            Map.entry("io.longreel.transport.InProcessTransport", "default of a parameter that tests set"),
            Map.entry("io.longreel.transport.TransportNode", "default of a parameter that tests set")));

    private static final Map<String, String> DRAW_SEAMS = Map.of(
            "io.longreel.runtime.launch.RunSession", "draws the run's token, on which no number depends",
            "io.longreel.runtime.launch.ClusterMesh", "draws the job's token, on which no number depends",
            "io.longreel.runtime.launch.RunWatch", "draws the token of those who give orders, which nobody may guess");

    private static final Map<String, String> EXIT_SEAMS = new TreeMap<>(Map.of(
            "io.longreel.runtime.cli.Main", "entry point: streams and exit code are its job",
            "io.longreel.runtime.launch.WorkerProcess", "ends at once when the process that forked it is gone",
            "io.longreel.runtime.launch.OwnDeath", "ends at once, where a kill was ordered and the system has no kill",
            "io.longreel.runtime.launch.StopSignals", "the second Ctrl-C ends the process at once"));

    private static final DescribedPredicate<JavaAccess<?>> READS_A_CLOCK = access(
            "read a clock",
            target -> isCall(target, "java.lang.System", "nanoTime", "currentTimeMillis")
                    || isCall(target, "java.time.InstantSource", "system")
                    || (target.getOwner().getPackageName().equals("java.time")
                            && target.getName().equals("now"))
                    || (isOwner(target, "java.time.Clock") && target.getName().startsWith("system"))
                    || (isOwner(target, "java.util.Date") && isBareConstructor(target)));

    private static final DescribedPredicate<JavaAccess<?>> DRAWS_WITHOUT_A_SEED = access(
            "draw random numbers without a seed",
            target -> isCall(target, "java.lang.Math", "random")
                    || isCall(target, "java.util.UUID", "randomUUID")
                    || isCall(target, "java.util.concurrent.ThreadLocalRandom", "current")
                    || isCall(target, "java.util.random.RandomGenerator", "getDefault", "of")
                    || isOwner(target, "java.security.SecureRandom")
                    || ((isOwner(target, "java.util.Random") || isOwner(target, "java.util.SplittableRandom"))
                            && isBareConstructor(target))
                    || (isCall(target, "java.util.Collections", "shuffle")
                            && ((AccessTarget.CodeUnitAccessTarget) target)
                                            .getRawParameterTypes()
                                            .size()
                                    == 1));

    private static final DescribedPredicate<JavaAccess<?>> SLEEPS =
            access("sleep", target -> isCall(target, "java.lang.Thread", "sleep"));

    private static final DescribedPredicate<JavaAccess<?>> STARTS_A_NAMELESS_THREAD = access(
            "start a thread without a name",
            target -> isOwner(target, "java.lang.Thread")
                    && (target.getName().equals("startVirtualThread")
                            || (target.getName().equals("<init>")
                                    && ((AccessTarget.CodeUnitAccessTarget) target)
                                            .getRawParameterTypes().stream()
                                                    .noneMatch(type -> type.isEquivalentTo(String.class)))));

    private static final DescribedPredicate<JavaAccess<?>> TOUCHES_THE_PROCESS = access(
            "end the process or use its streams",
            target -> isCall(target, "java.lang.System", "exit")
                    || isCall(target, "java.lang.Runtime", "halt", "exit")
                    || (isOwner(target, "java.lang.System")
                            && Set.of("out", "err").contains(target.getName())));

    @ArchTest
    static final ArchRule shouldReadClocksBehindSeamsOnly = onlyThrough(CLOCK_SEAMS, READS_A_CLOCK)
            .because("a simulation has a clock of its own, and a run that is repeated must not depend on the hour");

    @ArchTest
    static final ArchRule shouldDrawFromSeedsOnly = onlyThrough(DRAW_SEAMS, DRAWS_WITHOUT_A_SEED)
            .because("the same seed gives the same losses on any mesh; streams are derived from (seed, step, sample)");

    @ArchTest
    static final ArchRule shouldNeverSleep = noClasses()
            .should()
            .accessTargetWhere(SLEEPS)
            .because(
                    "who sleeps cannot be aborted at once; waits go through the transport's waiter or an actor's timer");

    @ArchTest
    static final ArchRule shouldNameEveryThread = noClasses()
            .should()
            .accessTargetWhere(STARTS_A_NAMELESS_THREAD)
            .because("a thread dump must say whose thread it is");

    @ArchTest
    static final ArchRule shouldLeaveTheProcessToItsEntryPoint = onlyThrough(EXIT_SEAMS, TOUCHES_THE_PROCESS)
            .because(
                    "a library that exits or prints cannot be tested, and one line per fault is the command line's promise");

    @ArchTest
    static void shouldListNoClassThatIsNoSeam(JavaClasses all) {
        assertEquals(CLOCK_SEAMS.keySet(), usersOf(all, READS_A_CLOCK), "classes that read a clock");
        assertEquals(DRAW_SEAMS.keySet(), usersOf(all, DRAWS_WITHOUT_A_SEED), "classes that draw without a seed");
        assertEquals(EXIT_SEAMS.keySet(), usersOf(all, TOUCHES_THE_PROCESS), "classes that touch the process");
    }

    private static ArchRule onlyThrough(Map<String, String> seams, DescribedPredicate<JavaAccess<?>> accesses) {
        return classes().should(new ArchCondition<>("not " + accesses.getDescription() + ", but for the seams") {
            @Override
            public void check(JavaClass user, ConditionEvents events) {
                if (!seams.containsKey(outermost(user).getFullName())) {
                    user.getAccessesFromSelf().stream()
                            .filter(accesses)
                            .forEach(found -> events.add(SimpleConditionEvent.violated(found, found.getDescription())));
                }
            }
        });
    }

    private static Set<String> usersOf(JavaClasses all, DescribedPredicate<JavaAccess<?>> accesses) {
        Set<String> users = new TreeSet<>();
        for (JavaClass user : all) {
            if (user.getAccessesFromSelf().stream().anyMatch(accesses)) {
                users.add(outermost(user).getFullName());
            }
        }
        return users;
    }

    private static JavaClass outermost(JavaClass type) {
        return type.getEnclosingClass().map(SeamsTest::outermost).orElse(type);
    }

    private static DescribedPredicate<JavaAccess<?>> access(
            String description, java.util.function.Predicate<AccessTarget> target) {
        return DescribedPredicate.describe(description, found -> target.test(found.getTarget()));
    }

    private static boolean isOwner(AccessTarget target, String className) {
        return target.getOwner().getFullName().equals(className);
    }

    private static boolean isCall(AccessTarget target, String className, String... names) {
        return isOwner(target, className) && Set.of(names).contains(target.getName());
    }

    private static boolean isBareConstructor(AccessTarget target) {
        return target.getName().equals("<init>")
                && ((AccessTarget.CodeUnitAccessTarget) target)
                        .getRawParameterTypes()
                        .isEmpty();
    }
}
