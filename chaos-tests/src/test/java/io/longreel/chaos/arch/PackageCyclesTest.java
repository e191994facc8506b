package io.longreel.chaos.arch;

import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** The rooms of a module have an order: what is beneath never asks what is above. A module's root package is the border and may know both. */
@AnalyzeClasses(packages = "io.longreel", importOptions = DoNotIncludeTests.class)
final class PackageCyclesTest {
    private static final String REASON = "a package that can be read without another is understood without it";

    @ArchTest
    static final ArchRule shouldOrderTheRoomsOfOps =
            slices().matching("io.longreel.ops.(*)..").should().beFreeOfCycles().because(REASON);

    @ArchTest
    static final ArchRule shouldOrderTheRoomsOfTransport = slices().matching("io.longreel.transport.(*)..")
            .should()
            .beFreeOfCycles()
            .because(REASON);

    @ArchTest
    static final ArchRule shouldOrderTheRoomsOfTheModel = slices().matching("io.longreel.model.(*)..")
            .should()
            .beFreeOfCycles()
            .because(REASON);

    @ArchTest
    static final ArchRule shouldOrderTheRoomsOfTheCurriculum = slices().matching("io.longreel.curriculum.(*)..")
            .should()
            .beFreeOfCycles()
            .because(REASON);

    @ArchTest
    static final ArchRule shouldOrderTheRoomsOfTheRuntime = slices().matching("io.longreel.runtime.(*)..")
            .should()
            .beFreeOfCycles()
            .because(REASON);
}
