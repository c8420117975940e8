package cloison.vm.run;

import cloison.cpu.InterpreterPartition;
import cloison.cpu.TranslatorPartition;
import cloison.cpu.TranslatorSettings;
import cloison.linux.code.CodeMemory;
import cloison.linux.cpu.HostCpu;
import cloison.linux.signal.GuardedCode;
import cloison.machine.memory.GuestMemory;
import cloison.machine.processor.CpuModel;
import cloison.machine.processor.EnginePartition;
import cloison.vm.config.ConfigurationException;
import cloison.vm.config.EngineName;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Which processor engine this host can run, found out by trying.
public final class Engines {
    /// What emitted code uses, and what it lets guests use: the features of the CPUID that they see.
    private static final List<String> NEEDED = List.of(
            "bmi2", "cmov", "cx16", "fxsr", "lahf", "mmx", "popcnt", "sse", "sse2", "sse3", "ssse3", "sse4.1",
            "sse4.2");

    private Engines() {}

    /// {@return the engine that `name` stands for on this host: never `auto`}
    public static EngineName chosen(EngineName name) {
        return switch (name) {
            case AUTO -> refusal() == null ? EngineName.TRANSLATOR : EngineName.INTERPRETER;
            default -> name;
        };
    }

    /// {@return why this host cannot run translated code, or null if it can}
    public static @Nullable String refusal() {
        String code = CodeMemory.refusal();
        if (code != null) {
            return code;
        }
        HostCpu host = HostCpu.probed();
        List<String> missing = new ArrayList<>();
        for (String feature : NEEDED) {
            if (host == null || !host.has(feature)) {
                missing.add(feature);
            }
        }
        return missing.isEmpty() ? null : "the host's processor lacks " + String.join(", ", missing);
    }

    /// {@return how translators are made: the best for guests, unless system properties ask for a hard life of them
    /// (`docs/reference/translator.md`)}
    private static TranslatorSettings settings() {
        TranslatorSettings best = TranslatorSettings.standard();
        return best.withTranslations(Integer.getInteger("cloison.translator.translations", best.translations()))
                .withCodeBytes(Long.getLong("cloison.translator.codeBytes", best.codeBytes()))
                .switchingEvery(Integer.getInteger("cloison.translator.switchEvery", best.switchEvery()));
    }

    /// {@return a new engine of a partition with this memory}
    ///
    /// @throws ConfigurationException if the engine that was asked for does not run here
    static EnginePartition create(EngineName name, GuestMemory memory) {
        if (chosen(name) == EngineName.INTERPRETER) {
            return new InterpreterPartition(memory, CpuModel.V2);
        }
        String refusal = refusal();
        if (refusal != null) {
            throw new ConfigurationException(
                    "this host cannot run the engine 'translator': " + refusal + "; use --engine interpreter");
        }
        return new TranslatorPartition(memory, CpuModel.V2, GuardedCode::allocate, settings());
    }
}
