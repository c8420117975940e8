package cloison.control.socket;

import cloison.control.host.Host;
import cloison.control.host.Observers;
import cloison.control.host.RunningGuest;
import cloison.control.host.RunningLab;
import cloison.vm.config.LabPlan;
import cloison.vm.inspect.Inspection;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// A host whose labs other processes can look at. A lab that cannot be looked at runs nevertheless, after a notice.
public final class ListeningHost implements Host {
    private final Host host;
    private final Map<String, String> environment;
    private final Consumer<String> notices;

    /// A host that makes its labs as `host` does.
    ///
    /// @param environment says where the user's sockets are
    /// @param notices hears lines for people
    public ListeningHost(Host host, Map<String, String> environment, Consumer<String> notices) {
        this.host = host;
        this.environment = environment;
        this.notices = notices;
    }

    @Override
    public RunningLab create(LabPlan plan, Observers observers) {
        RunningLab lab = host.create(plan, observers);
        LabServer server = server(plan.name(), lab);
        return server == null ? lab : new ListeningLab(lab, server);
    }

    private @Nullable LabServer server(String name, RunningLab lab) {
        try {
            return LabServer.open(LabFolder.of(environment), name, lab, notices);
        } catch (IOException | UnsupportedOperationException refused) {
            notices.accept(
                    "'cloison ps' and 'cloison inspect' will not find lab '" + name + "': " + refused.getMessage());
            return null;
        }
    }

    private record ListeningLab(RunningLab lab, LabServer server) implements RunningLab {
        @Override
        public List<RunningGuest> guests() {
            return lab.guests();
        }

        @Override
        public Inspection.Group inspect() {
            return lab.inspect();
        }

        @Override
        public void close() {
            server.close();
            lab.close();
        }
    }
}
