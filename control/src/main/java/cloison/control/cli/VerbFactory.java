package cloison.control.cli;

import picocli.CommandLine;

/// What makes verbs: each is given the surroundings.
final class VerbFactory implements CommandLine.IFactory {
    private final Surroundings surroundings;

    VerbFactory(Surroundings surroundings) {
        this.surroundings = surroundings;
    }

    @Override
    public <K> K create(Class<K> type) throws Exception {
        Object verb = null;
        if (type == RunVerb.class) {
            verb = new RunVerb(surroundings);
        } else if (type == UpVerb.class) {
            verb = new UpVerb(surroundings);
        } else if (type == DemoVerb.class) {
            verb = new DemoVerb(surroundings);
        } else if (type == PsVerb.class) {
            verb = new PsVerb(surroundings);
        } else if (type == InspectVerb.class) {
            verb = new InspectVerb(surroundings);
        } else if (type == GuestFetchVerb.class) {
            verb = new GuestFetchVerb(surroundings);
        } else if (type == GuestListVerb.class) {
            verb = new GuestListVerb(surroundings);
        }
        return verb == null ? CommandLine.defaultFactory().create(type) : type.cast(verb);
    }
}
