package cloison.control.cli;

import java.lang.module.ModuleDescriptor;
import picocli.CommandLine.IVersionProvider;

/// The program's version, as the build wrote it into the module.
final class Version implements IVersionProvider {
    /// Made by picocli.
    Version() {}

    @Override
    public String[] getVersion() {
        ModuleDescriptor module = Version.class.getModule().getDescriptor();
        String version =
                module == null ? "from the class path" : module.rawVersion().orElse("without a version");
        return new String[] {
            Cloison.NAME + " " + version,
            "Java " + Runtime.version() + ", " + System.getProperty("os.name") + " " + System.getProperty("os.arch")
        };
    }
}
