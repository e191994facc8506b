package io.longreel.chaos.arch;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.methods;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noFields;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaMethod;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;

/** Names of classes and packages, the shape of messages, and the names of the tests of all modules. */
@AnalyzeClasses(packages = "io.longreel", importOptions = DoNotIncludeTests.class)
final class NamesTest {
    private static final List<String> MODULES =
            List.of("cluster-config", "gpu-ops", "transport", "vlm-model", "curriculum", "actors", "chaos-tests");

    @ArchTest
    static final ArchRule shouldSayWhatAClassIs = noClasses()
            .should()
            .haveNameMatching(".*(Util|Utils|Utilities|Helper|Helpers|Manager|Common)(\\$.*)?")
            .because("such a name says that nobody knew what belongs in it; the next thing will be put there too");

    @ArchTest
    static final ArchRule shouldSayWhatAPackageIs = noClasses()
            .should()
            .resideInAnyPackage("..util..", "..utils..", "..common..", "..helper..", "..manager..", "..misc..")
            .because("a package is named after the one thing that it knows");

    @ArchTest
    static final ArchRule shouldDocumentEveryPackage = classes()
            .should(new ArchCondition<>("reside in a package whose package-info.java is @NullMarked") {
                @Override
                public void check(JavaClass type, ConditionEvents events) {
                    if (!type.getPackage().isAnnotatedWith(NullMarked.class)) {
                        events.add(SimpleConditionEvent.violated(
                                type, "%s: no @NullMarked package-info".formatted(type.getFullName())));
                    }
                }
            })
            .because(
                    "the null checker sees marked packages only, and purpose, invariant and threads have to stand somewhere");

    @ArchTest
    static final ArchRule shouldSendNoTensorsInMessages = noFields()
            .that()
            .areDeclaredInClassesThat()
            .resideInAPackage("io.longreel.runtime.protocol..")
            .should()
            .haveRawType(DescribedPredicate.describe("numbers in bulk", NamesTest::isBulk))
            .because("Pekko carries control, some hundred bytes; rows travel in windows and Aeron, beside the mailbox");

    @ArchTest
    static final ArchRule shouldSendRecordsOrConstants = classes()
            .that()
            .implement("io.longreel.runtime.protocol.WireMessage")
            .and()
            .areNotInterfaces()
            .should(DescribedAs.recordOrEnum())
            .because("a message cannot change while it travels");

    @Test
    void shouldNameTestsByTheirKind() {
        methods()
                .that()
                .areMetaAnnotatedWith("org.junit.platform.commons.annotation.Testable")
                .should()
                .beDeclaredInClassesThat(DescribedPredicate.describe(
                        "are named so, or are abstract",
                        type -> type.getName().matches(".*(Test|ParityTest|PropertyTest|SimTest|IT)(\\$.*)?")
                                || type.getModifiers().contains(JavaModifier.ABSTRACT)))
                .because(
                        "the name decides when a test runs: *Test in every build, *IT in verify; others never would; a contract's run in its subclasses")
                .check(tests());
    }

    @Test
    void shouldNameTestsAsSentences() {
        methods()
                .that()
                .areMetaAnnotatedWith("org.junit.platform.commons.annotation.Testable")
                .or(DescribedPredicate.describe(
                        "are ArchUnit tests", (JavaMethod method) -> method.isAnnotatedWith(ArchTest.class)))
                .should()
                .haveNameStartingWith("should")
                .because("a failed test should read as the sentence that no longer holds")
                .check(tests());
    }

    @Test
    void shouldNeverSleepOrSkipInTests() {
        noClasses()
                .should()
                .callMethod(Thread.class, "sleep", long.class)
                .orShould()
                .callMethod(Thread.class, "sleep", java.time.Duration.class)
                .orShould()
                .dependOnClassesThat()
                .haveFullyQualifiedName("org.junit.jupiter.api.Disabled")
                .orShould()
                .dependOnClassesThat()
                .resideInAnyPackage("org.mockito..", "org.easymock..")
                .because(
                        "a test that sleeps is slow or fails at random, one that is off proves nothing, a mock only repeats the code")
                .check(tests());
    }

    /** Test classes of all modules that are built; they stand beside this one, as they do when Maven builds them together. */
    private static JavaClasses tests() {
        List<Path> folders = MODULES.stream()
                .map(module -> Path.of("..", module, "target", "test-classes"))
                .filter(Files::isDirectory)
                .toList();
        return new ClassFileImporter().importPaths(folders);
    }

    private static boolean isBulk(JavaClass type) {
        boolean isNumbers = Stream.of(float[].class, double[].class, byte[].class, float[][].class, double[][].class)
                .anyMatch(type::isEquivalentTo);
        return isNumbers
                || type.getPackageName().startsWith("io.longreel.ops")
                || type.getPackageName().equals("java.nio")
                || type.getPackageName().equals("java.lang.foreign");
    }

    /** Conditions that ArchUnit does not name. */
    private static final class DescribedAs {
        private DescribedAs() {}

        static ArchCondition<JavaClass> recordOrEnum() {
            return new ArchCondition<>("be records or enums") {
                @Override
                public void check(JavaClass type, ConditionEvents events) {
                    if (!type.isRecord() && !type.isEnum()) {
                        events.add(SimpleConditionEvent.violated(type, type.getFullName() + " is neither"));
                    }
                }
            };
        }
    }
}
