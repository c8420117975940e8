package cloison.vm.config;

import java.util.List;

/// A lab as it is to be made: its switches, and the partitions between them.
///
/// @param name the lab's name
/// @param switches the virtual switches, each name once
/// @param partitions the partitions, each name once; their adapters name switches of the plan
public record LabPlan(String name, List<SwitchConfig> switches, List<PartitionConfig> partitions) {
    /// A plan that nobody changes.
    public LabPlan {
        switches = List.copyOf(switches);
        partitions = List.copyOf(partitions);
    }
}
