package cloison.cpu;

import cloison.cpu.interpret.Interpreter;
import cloison.cpu.mmu.CodePages;
import cloison.cpu.translate.Translator;
import cloison.machine.memory.GuestMemory;
import cloison.machine.processor.CpuModel;
import cloison.machine.processor.EnginePartition;
import cloison.machine.processor.HostCode;
import cloison.machine.processor.Intercepts;
import cloison.machine.processor.InterruptSource;
import cloison.machine.processor.Invalidation;
import cloison.machine.processor.Processor;
import java.util.ArrayList;
import java.util.List;

/// A partition whose processors run translated code; what is not translated is interpreted.
public final class TranslatorPartition implements EnginePartition {
    private final GuestMemory memory;
    private final CpuModel model;
    private final HostCode.Source source;
    private final TranslatorSettings settings;
    private final CodePages codePages;
    private final List<Translator> translators = new ArrayList<>();

    /// An engine for the partition that owns `memory`, whose listener it becomes.
    ///
    /// @param model what its processors are; the host's has every feature of it that emitted code uses
    public TranslatorPartition(
            GuestMemory memory, CpuModel model, HostCode.Source source, TranslatorSettings settings) {
        this.memory = memory;
        this.model = model;
        this.settings = settings;
        this.source = source;
        codePages = new CodePages(memory);
        memory.listener(codePages);
    }

    @Override
    public Processor processor(int index, Intercepts intercepts, InterruptSource interrupts) {
        Interpreter processor =
                new Interpreter(memory, codePages, model, intercepts, interrupts, settings.translations());
        HostCode code = source.allocate(settings.codeBytes());
        translators.add(new Translator(processor, code, memory.store().address(), settings));
        return processor;
    }

    @Override
    public void forget(int processor, long[] of, Invalidation what) {
        codePages.forget(processor, of, what);
    }

    @Override
    public String engine() {
        return "translator";
    }

    @Override
    public void close() {
        translators.forEach(Translator::close);
        translators.clear();
    }
}
