package cloison.vm.config;

import java.util.Locale;

/// A model of virtual processors by the name that `--cpu` knows.
public enum CpuName {
    /// x86-64-v2: the same on every host.
    V2,
    /// x86-64-v3: the same on every host.
    V3,
    /// All that the host's processor has of what the engines implement.
    HOST;

    /// {@return the model called `text`}
    public static CpuName of(String text) {
        for (CpuName name : values()) {
            if (name.text().equals(text)) {
                return name;
            }
        }
        throw new ConfigurationException("there is no processor model '" + text + "'; use 'v2', 'v3' or 'host'");
    }

    /// {@return the name as an operator writes it}
    public String text() {
        return name().toLowerCase(Locale.ROOT);
    }
}
