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
import cloison.vm.config.CpuName;
import cloison.vm.config.EngineName;
import org.jspecify.annotations.Nullable;

/// Which processor engine this host can run, found out by trying.
public final class Engines {
    private Engines() {}

    /// {@return the engine that `name` stands for on this host with these processors: never `auto`}
    public static EngineName chosen(EngineName name, CpuName cpu) {
        return switch (name) {
            case AUTO -> refusal(cpu) == null ? EngineName.TRANSLATOR : EngineName.INTERPRETER;
            default -> name;
        };
    }

    /// {@return why this host cannot run translated code of such processors, or null if it can}
    public static @Nullable String refusal(CpuName cpu) {
        String code = CodeMemory.refusal();
        if (code != null) {
            return code;
        }
        HostCpu host = HostCpu.probed();
        return CpuModels.refusal(CpuModels.of(cpu), feature -> host != null && host.has(feature.text()));
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
    static EnginePartition create(EngineName name, CpuName cpu, GuestMemory memory) {
        CpuModel model = CpuModels.of(cpu);
        if (chosen(name, cpu) == EngineName.INTERPRETER) {
            return new InterpreterPartition(memory, model);
        }
        String refusal = refusal(cpu);
        if (refusal != null) {
            String other = cpu != CpuName.V2 && refusal(CpuName.V2) == null ? " or --cpu v2" : "";
            throw new ConfigurationException("this host cannot run the engine 'translator'"
                    + (other.isEmpty() ? "" : " with the processor model '" + cpu.text() + "'") + ": " + refusal
                    + "; use --engine interpreter" + other);
        }
        return new TranslatorPartition(memory, model, GuardedCode::allocate, settings());
    }
}
