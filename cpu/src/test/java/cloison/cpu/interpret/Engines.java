package cloison.cpu.interpret;

import cloison.cpu.TranslatorSettings;
import cloison.cpu.translate.Translator;
import cloison.linux.signal.GuardedCode;
import cloison.machine.memory.GuestMemory;
import cloison.machine.processor.CpuFeature;
import cloison.machine.processor.CpuModel;
import cloison.machine.processor.HostCode;
import cloison.machine.processor.Processor;
import java.util.EnumSet;

/// Which engine the tests of this room run: `-Dcloison.engine=translator` runs all of them on translated code, with
/// flags kept exactly.
public final class Engines {
    /// A processor that has everything that the engines implement.
    public static final CpuModel COMPLETE =
            new CpuModel("complete", CpuModel.V3.signature(), EnumSet.allOf(CpuFeature.class));

    private static final long CODE = 1 << 20;

    private Engines() {}

    /// {@return whether tests run translated code}
    public static boolean translated() {
        return "translator".equals(System.getProperty("cloison.engine"));
    }

    /// {@return settings of a translator that keeps so many translations}
    public static TranslatorSettings settings(int translations) {
        return new TranslatorSettings(translations, CODE, true, 0, 0);
    }

    /// Lets an interpreter take every block that was executed once for a hot one.
    public static void eager(Processor interpreter) {
        HotBlocks hot = ((Interpreter) interpreter).hotBlocks();
        hot.interval = 1;
        hot.warmth = 1;
    }

    /// {@return memory for emitted code}
    static HostCode code() {
        return GuardedCode.allocate(CODE);
    }

    /// {@return what makes `processor` run code that is translated into `code`}
    static Translator translator(
            Interpreter processor, HostCode code, GuestMemory memory, TranslatorSettings settings) {
        return new Translator(processor, code, memory.store().address(), settings);
    }
}
