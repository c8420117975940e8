package cloison.control.lab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import cloison.control.guest.FetchedGuest;
import cloison.machine.Samples;
import cloison.vm.config.ConfigurationException;
import cloison.vm.config.CpuName;
import cloison.vm.config.EngineName;
import cloison.vm.config.LabPlan;
import cloison.vm.config.NicConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LabFileTest {
    private static final String GOOD = """
            name: pair
            switches:
              lan: {type: private}
              mgmt: {type: internal}
            partitions:
              web:
                boot: debian-12-cloud
                memory: 256M
                cpus: 2
                cpu: host
                append: "quiet"
                nics:
                  - {switch: lan, type: synthetic, mac: "00:15:5d:00:00:01"}
                  - {switch: mgmt, vlan: {access: 10}}
              db:
                boot: {kernel: vmlinuz, initrd: initrd}
                nics: [{switch: lan}]
            """;

    @TempDir
    private Path folder;

    @Test
    void aLabIsReadAsItIsWritten() throws IOException {
        Files.writeString(folder.resolve("vmlinuz"), "kernel");
        Files.writeString(folder.resolve("initrd"), "initrd");

        Lab lab = LabFile.parse("lab.yaml", GOOD, folder);
        LabPlan plan = lab.plan(
                recipe -> new FetchedGuest(recipe.name(), "6.1", "6.1-1", Path.of("/k"), Path.of("/i")),
                EngineName.AUTO,
                true);

        assertThat(plan.name()).isEqualTo("pair");
        assertThat(plan.switches())
                .extracting(one -> one.name() + " " + one.type())
                .containsExactly("lan PRIVATE", "mgmt INTERNAL");
        assertThat(plan.partitions()).hasSize(2);
        assertThat(plan.partitions().getFirst()).satisfies(web -> {
            assertThat(web.memoryBytes()).isEqualTo(256L << 20);
            assertThat(web.cpus()).isEqualTo(2);
            assertThat(web.cpu()).isEqualTo(CpuName.HOST);
            assertThat(web.noReboot()).isTrue();
            assertThat(web.boot().kernel()).isEqualTo(Path.of("/k"));
            assertThat(web.boot().append()).isEqualTo("console=ttyS0 panic=-1 quiet");
            assertThat(web.nics()).extracting(NicConfig::switchName).containsExactly("lan", "mgmt");
            assertThat(web.nics()).extracting(NicConfig::accessVlan).containsExactly(null, 10);
            assertThat(web.nics().getFirst().mac()).hasToString("00:15:5d:00:00:01");
        });
        assertThat(plan.partitions().getLast()).satisfies(db -> {
            assertThat(db.memoryBytes()).isEqualTo(512L << 20);
            assertThat(db.cpus()).isEqualTo(1);
            assertThat(db.cpu()).isEqualTo(CpuName.V2);
            assertThat(db.boot().kernel()).isEqualTo(folder.resolve("vmlinuz"));
            assertThat(db.boot().initrd()).isEqualTo(folder.resolve("initrd"));
            assertThat(db.boot().append()).isEqualTo("console=ttyS0 panic=-1");
            assertThat(db.nics().getFirst().mac().toString()).startsWith("00:15:5d:");
        });
    }

    @Test
    void anAddressThatIsChosenAvoidsThoseThatAreGivenFurtherDown() {
        String lab = """
                switches: {lan: {type: private}}
                partitions:
                  a:
                    boot: debian-12-cloud
                    nics: [{switch: lan}]
                  b:
                    boot: debian-12-cloud
                    nics: [{switch: lan, mac: "%s"}]
                """;
        String chosen = LabFile.parse("l", lab.formatted("02:00:00:00:00:01"), folder)
                .partitions()
                .getFirst()
                .nics()
                .getFirst()
                .mac()
                .toString();

        List<Lab.Partition> partitions =
                LabFile.parse("l", lab.formatted(chosen), folder).partitions();

        assertThat(partitions.getLast().nics().getFirst().mac()).hasToString(chosen);
        assertThat(partitions.getFirst().nics().getFirst().mac().toString())
                .startsWith("00:15:5d:")
                .isNotEqualTo(chosen);
    }

    @Test
    void everythingWrongIsSaidAtOnceWithItsLine() {
        refuses(
                """
                name: "bad name"
                switches:
                  lan: {type: bridged}
                  lan: {type: private}
                  dmz: {}
                colour: red
                partitions:
                  web:
                    boot: debian-99
                    memory: 512
                    cpus: many
                    disks: []
                    nics:
                      - {switch: wan, mac: "00:15:5d:00:00:01"}
                      - {switch: dmz, type: e1000, mac: "00:15:5d:00:00:01"}
                      - {mac: "00:15:5d"}
                  "a b":
                    memory: 1M
                  dc: {boot: debian-12, cpu: i486}
                  db: null
                """,
                "lab.yaml:1: the lab name 'bad name'",
                "lab.yaml:3: there is no switch type 'bridged'",
                "lab.yaml:4: 'lan' stands twice in switches",
                "lab.yaml:5: switch dmz needs a type",
                "lab.yaml:6: a lab has no key 'colour'; it has name, switches, partitions",
                "lab.yaml:9: there is no guest 'debian-99' to fetch; use debian-12-cloud or debian-12",
                "lab.yaml:10: the memory size '512' is malformed",
                "lab.yaml:11: cpus must be a whole number, not 'many'",
                "lab.yaml:12: partition web has no key 'disks'",
                "lab.yaml:14: there is no switch 'wan' in this lab; it has lan, dmz",
                "lab.yaml:15: there is no adapter type 'e1000'",
                "lab.yaml:15: the MAC address 00:15:5d:00:00:01 is given twice",
                "lab.yaml:16: adapter web/nic0 needs a switch",
                "lab.yaml:16: MAC address '00:15:5d' is malformed",
                "lab.yaml:17: the partition name 'a b' cannot be used",
                "lab.yaml:18: partition a b needs 'boot:'",
                "lab.yaml:18: partition a b cannot have 1048576 bytes of memory",
                "lab.yaml:19: there is no processor model 'i486'",
                "lab.yaml:20: partition db must be a mapping");
    }

    @Test
    void whatIsNoLabIsRefused() {
        refuses("", "lab.yaml:1: the file is empty");
        refuses("just text", "lab.yaml:1: a lab must be a mapping");
        refuses("name: x", "lab.yaml:1: a lab needs 'partitions:'");
        refuses("partitions: {}", "lab.yaml:1: 'partitions' is empty");
        refuses("partitions:\n  - web\n", "lab.yaml:2: partitions must be a mapping");
        refuses("partitions:\n  web: {boot: [\n", "lab.yaml:3: this is not YAML");
        refuses(
                "a: 1\nb: !!javax.script.ScriptEngineManager []\n",
                "lab.yaml:1: a lab has no key 'a'",
                "lab.yaml:1: a lab needs",
                "lab.yaml:2: a lab has no key 'b'");
    }

    @Test
    void aVlanIsAnIdentifierThatAPortCanHave() {
        String nic = "switches:\n  lan: {type: private}\npartitions:\n  web:\n    boot: debian-12\n"
                + "    nics: [{switch: lan, vlan: %s}]\n";

        refuses(nic.formatted("{access: 4095}"), "lab.yaml:6: there is no VLAN 4095; use 1 to 4094");
        refuses(nic.formatted("{access: 0}"), "lab.yaml:6: there is no VLAN 0; use 1 to 4094");
        refuses(nic.formatted("{access: ten}"), "lab.yaml:6: there is no VLAN 'ten'; use 1 to 4094");
        refuses(nic.formatted("10"), "lab.yaml:6: vlan of adapter web/nic0 must be a mapping");
        refuses(nic.formatted("{}"), "lab.yaml:6: vlan of adapter web/nic0 needs an identifier; write {access: 10}");
        refuses(nic.formatted("{trunk: 10}"), "lab.yaml:6: vlan of adapter web/nic0 has no key 'trunk'");
    }

    @Test
    void filesThatAreNotThereAreNamedWithTheirLine() {
        refuses(
                "partitions:\n  web:\n    boot:\n      kernel: none\n      initrd: nowhere\n",
                "lab.yaml:4: kernel " + folder.resolve("none"),
                "lab.yaml:5: initrd " + folder.resolve("nowhere"));
        refuses(
                "partitions:\n  web:\n    boot: {initrd: x}\n",
                "lab.yaml:3: boot of partition web needs a kernel",
                "lab.yaml:3: initrd ");
        assertThatExceptionOfType(ConfigurationException.class)
                .isThrownBy(() -> LabFile.read(folder.resolve("none.yaml")))
                .withMessageContaining("is not there");
        assertThatExceptionOfType(ConfigurationException.class)
                .isThrownBy(() -> LabFile.read(folder))
                .withMessageContaining("is a folder");
    }

    @Test
    void anyTextIsALabOrIsRefusedWithLines() {
        Samples.check(500, random -> {
            StringBuilder text = new StringBuilder(GOOD);
            for (int i = 0; i < 1 + random.nextInt(6); i++) {
                int at = random.nextInt(text.length());
                switch (random.nextInt(3)) {
                    case 0 -> text.deleteCharAt(at);
                    case 1 -> text.insert(at, "{}[]:,&*!|>'\"\n -#%@\t\0\u0085".charAt(random.nextInt(21)));
                    default -> text.setCharAt(at, (char) (32 + random.nextInt(95)));
                }
            }
            try {
                assertThat(LabFile.parse("lab.yaml", text.toString(), folder)).isNotNull();
            } catch (LabRefusal refusal) {
                assertThat(refusal.lines())
                        .isNotEmpty()
                        .allSatisfy(line -> assertThat(line).matches("lab\\.yaml:\\d+: [^\\r\\n]+"));
            }
        });
    }

    @Test
    void theExampleOfThisRepositoryIsALab() {
        Lab lab = LabFile.read(Path.of("../examples/two-guests.yaml"));

        assertThat(lab.partitions()).extracting(Lab.Partition::name).containsExactly("server", "client");
        assertThat(lab.recipes()).hasSize(1);
    }

    private void refuses(String text, String... lines) {
        assertThatExceptionOfType(LabRefusal.class)
                .isThrownBy(() -> LabFile.parse("lab.yaml", text, folder))
                .satisfies(refusal -> {
                    assertThat(refusal.lines()).hasSize(lines.length);
                    for (int i = 0; i < lines.length; i++) {
                        assertThat(refusal.lines().get(i)).startsWith(lines[i]);
                    }
                });
    }
}
