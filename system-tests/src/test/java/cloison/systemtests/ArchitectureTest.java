package cloison.systemtests;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// The table of rooms in `docs/ARCHITECTURE.md`, and the rules that the module system cannot say.
class ArchitectureTest {
    /// What each room may know. A module that requires another transitively sees more than this allows.
    private static final Map<String, List<String>> MAY_KNOW = Map.of(
            "machine", List.of(),
            "cpu", List.of("machine"),
            "hyperv", List.of("machine"),
            "net", List.of("machine"),
            "chipset", List.of("machine", "net"),
            "vsp", List.of("machine", "hyperv", "net"),
            "linux", List.of("machine", "net"),
            "vm", List.of("machine", "hyperv", "net", "chipset", "vsp", "cpu", "linux"),
            "control", List.of("machine", "vm"));

    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("cloison");

    static Stream<String> rooms() {
        return MAY_KNOW.keySet().stream().sorted();
    }

    @Test
    void allRoomsAreLookedAt() {
        assertThat(rooms())
                .allSatisfy(room -> assertThat(CLASSES)
                        .anyMatch(type -> type.getPackageName().startsWith("cloison." + room)));
    }

    @ParameterizedTest
    @MethodSource("rooms")
    void aRoomKnowsOnlyTheRoomsOfTheTable(String room) {
        List<String> allowed = new ArrayList<>(List.of("cloison." + room + ".."));
        MAY_KNOW.get(room).forEach(known -> allowed.add("cloison." + known + ".."));

        classes()
                .that()
                .resideInAPackage("cloison." + room + "..")
                .should()
                .onlyDependOnClassesThat(describe("are of " + allowed + " or not ours", type -> {
                    JavaClass one = type.getBaseComponentType();
                    return !one.getPackageName().startsWith("cloison.")
                            || allowed.stream()
                                    .anyMatch(known -> resideInAPackage(known).test(one));
                }))
                .check(CLASSES);
    }

    @Test
    void allBelowControlRunsOnTheJdkAlone() {
        noClasses()
                .that()
                .resideOutsideOfPackage("cloison.control..")
                .should()
                .dependOnClassesThat(describe("are neither the JDK's nor ours", type -> {
                    String name = type.getBaseComponentType().getPackageName();
                    return !name.isEmpty()
                            && !name.startsWith("java.")
                            && !name.startsWith("jdk.jfr")
                            && !name.startsWith("cloison.")
                            && !name.startsWith("org.jspecify.");
                }))
                .check(CLASSES);
    }

    @Test
    void nativeCodeHasOneDoor() {
        noClasses()
                .that()
                .resideOutsideOfPackage("cloison.linux..")
                .should()
                .dependOnClassesThat()
                .areAssignableTo(Linker.class)
                .orShould()
                .dependOnClassesThat()
                .areAssignableTo(SymbolLookup.class)
                .orShould()
                .callMethodWhere(describe(
                        "a segment is made larger than it was",
                        call -> call.getTarget().getName().equals("reinterpret")
                                && call.getTargetOwner().isAssignableTo(MemorySegment.class)))
                .check(CLASSES);
    }

    @Test
    void aProtocolPackageIsPure() {
        classes()
                .that()
                .resideInAPackage("..protocol..")
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage(
                        "java.lang..",
                        "java.util..",
                        "java.nio.charset..",
                        "org.jspecify..",
                        "cloison.machine.wire..",
                        "..protocol..",
                        "")
                .allowEmptyShould(true)
                .check(CLASSES);
    }

    @Test
    void noNameSaysNothing() {
        noClasses()
                .should()
                .haveNameMatching(".*(Impl|Manager|Helper|Util|Utils|Common)")
                .orShould()
                .haveSimpleNameStartingWith("Abstract")
                .check(CLASSES);
    }
}
