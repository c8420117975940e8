package cloison.control.guest;

import cloison.vm.config.ConfigurationException;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// What a guest that can be fetched is made of.
///
/// @param name what the operator calls it
/// @param about one line about it
/// @param kernelPackage the Debian package that depends on the current kernel of its kind
public record GuestRecipe(String name, String about, String kernelPackage) {
    /// The Debian release that the guests are made of.
    static final String RELEASE = "bookworm";

    /// Grows when the way an initial RAM disk is put together changes, so that cached ones are made again.
    static final int REVISION = 1;

    /// Every guest that can be fetched.
    public static final List<GuestRecipe> ALL = List.of(
            new GuestRecipe("debian-12-cloud", "Debian 12, its cloud kernel", "linux-image-cloud-amd64"),
            new GuestRecipe("debian-12", "Debian 12, its general kernel", "linux-image-amd64"));

    /// The packages whose programs and libraries go into every initial RAM disk.
    static final List<String> PACKAGES =
            List.of("busybox-static", "iperf3", "libiperf0", "libsctp1", "libssl3", "libc6", "hyperv-daemons");

    /// The programs that are packed, with the libraries they need.
    static final List<String> PROGRAMS = List.of("bin/busybox", "usr/bin/iperf3", "usr/sbin/hv_kvp_daemon");

    /// Scripts that are packed as they are.
    static final List<String> SCRIPTS =
            List.of("usr/libexec/hypervkvpd/hv_get_dns_info", "usr/libexec/hypervkvpd/hv_get_dhcp_info");

    /// The drivers that are packed if the kernel has them as modules, with the modules they need.
    static final List<String> MODULES = List.of(
            "net_failover",
            "hv_vmbus",
            "hv_utils",
            "hv_netvsc",
            "hv_balloon",
            "hv_sock",
            "hyperv-keyboard",
            "sd_mod",
            "hv_storvsc",
            "pci-hyperv",
            "tulip");

    /// {@return the guest called `name`}
    public static GuestRecipe of(String name) {
        return ALL.stream()
                .filter(recipe -> recipe.name().equals(name))
                .findFirst()
                .orElseThrow(() ->
                        new ConfigurationException("there is no guest '" + name + "' to fetch; use " + names("or")));
    }

    /// {@return the names of all guests in one phrase}
    public static String names(String conjunction) {
        return ALL.stream().map(GuestRecipe::name).collect(Collectors.joining(" " + conjunction + " "));
    }

    /// {@return everything that a cached guest depends on besides the versions of the packages}
    String content(String init) {
        return Stream.of(
                        List.of(String.valueOf(REVISION), RELEASE, kernelPackage, init),
                        PACKAGES,
                        PROGRAMS,
                        SCRIPTS,
                        MODULES)
                .flatMap(List::stream)
                .collect(Collectors.joining("\n"));
    }
}
