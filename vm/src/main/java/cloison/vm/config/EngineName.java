package cloison.vm.config;

import java.util.Locale;

/// A processor engine by the name that `--engine` knows.
public enum EngineName {
    /// The fastest engine that this host can run.
    AUTO,
    /// The engine of cached, predecoded blocks, which runs on any host.
    INTERPRETER,
    /// The engine that emits host instructions, on x86-64 Linux.
    TRANSLATOR;

    /// {@return the engine called `text`}
    public static EngineName of(String text) {
        for (EngineName engine : values()) {
            if (engine.text().equals(text)) {
                return engine;
            }
        }
        throw new ConfigurationException(
                "there is no processor engine '" + text + "'; use 'auto', 'translator' or 'interpreter'");
    }

    /// {@return the name as an operator writes it}
    public String text() {
        return name().toLowerCase(Locale.ROOT);
    }
}
