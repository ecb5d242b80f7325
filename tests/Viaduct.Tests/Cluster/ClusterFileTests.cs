using Microsoft.Extensions.Logging.Abstractions;
using Viaduct.Cluster;
using Viaduct.Cluster.ControlPlane;
using Viaduct.Cluster.Lifecycle;
using Viaduct.Cluster.Model;
using Viaduct.Tests.KubeServer;

namespace Viaduct.Tests.Cluster;

public class ClusterFileTests
{
    private const string Everything = """
        nodes: 4
        ipFamily: dual
        backend: auto
        vpc: [192.168.0.0/16, "fd00:c0a8::/48"]
        vSwitches:
          - {zone: a, cidr: [192.168.0.0/19, "fd00:c0a8:0:a::/64"]}
          - {zone: b, cidr: [192.168.64.0/19, "fd00:c0a8:0:b::/64"]}
        podCidr: [172.20.0.0/16, "fd00:ac14::/56"]
        nodeMask: 25
        nodeMaskIPv6: 65
        serviceCidr: [172.21.0.0/20, "fd00:ac15::/112"]
        vxlan: {vni: 7, port: 8472, checksumOffload: false}
        nonMasqueradeCidrs: [10.8.0.0/16]
        """;

    [Fact]
    public void Every_field_is_read()
    {
        var spec = ClusterFile.Parse(Everything, "cluster.yaml").ToSpec("x");
        ClusterPreconditions.CheckSpec(spec);
        Assert.Equal((4, "dual", "auto", 25, 65), (spec.Nodes, spec.IpFamily, spec.Backend, spec.NodeMask, spec.NodeMaskIPv6));
        Assert.Equal(("192.168.0.0/16,fd00:c0a8::/48", "172.20.0.0/16,fd00:ac14::/56", "172.21.0.0/20,fd00:ac15::/112"), (spec.Vpc, spec.PodCidr, spec.ServiceCidr));
        Assert.Equal([new("a", "192.168.0.0/19,fd00:c0a8:0:a::/64"), new("b", "192.168.64.0/19,fd00:c0a8:0:b::/64")], spec.VSwitches);
        Assert.Equal(new VxlanSettings(7, 8472, false), spec.Vxlan);
        Assert.Equal(["172.20.0.0/16", "fd00:ac14::/56", "10.8.0.0/16"], spec.ToNonMasqueradeCidrs().Select(c => c.ToString()));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("nodes:\nbackend: ~\n")]
    public void An_empty_file_says_nothing(string text) => Assert.Equal(new ClusterSettings(), ClusterFile.Parse(text, "cluster.yaml"));

    [Theory]
    [InlineData("nodes: two", "The configuration cluster.yaml, line 1: nodes must be a whole number.")]
    [InlineData("nodes: 2\nbackends: vxlan", "The configuration cluster.yaml, line 2: backends is no field of a configuration; there are: nodes, ipFamily, backend, vpc, vSwitches, podCidr, nodeMask, nodeMaskIPv6, serviceCidr, vxlan, nonMasqueradeCidrs.")]
    [InlineData("vSwitches: [{zone: a}]", "The configuration cluster.yaml, line 1: vSwitches[0] needs a zone and a cidr.")]
    [InlineData("vxlan: {checksumOffload: maybe}", "The configuration cluster.yaml, line 1: vxlan.checksumOffload \"maybe\" must be one of true, false.")]
    [InlineData("podCidr: 172.20.1.0/16", "The configuration cluster.yaml, line 1: podCidr \"172.20.1.0/16\" has bits set beyond /16; the range is 172.20.0.0/16.")]
    [InlineData("nodes: 2\n---\nnodes: 3", "The configuration cluster.yaml must be one document, and holds 2.")]
    public void What_cannot_be_read_is_named_with_its_line(string text, string sentence) =>
        Assert.Equal(sentence, Assert.Throws<ClusterException>(() => ClusterFile.Parse(text, "cluster.yaml")).Message);

    [Fact]
    public void A_file_that_is_missing_is_named() =>
        Assert.StartsWith("The configuration /no/such.yaml cannot be read: ", Assert.Throws<ClusterException>(() => ClusterFile.Load("/no/such.yaml")).Message, StringComparison.Ordinal);

    [Fact]
    public void What_the_command_line_says_goes_before_the_file_and_the_file_before_the_defaults()
    {
        var spec = new ClusterSettings { Nodes = 6, Backend = "vpc" }.Over(ClusterFile.Parse("nodes: 4\nnodeMask: 26", "cluster.yaml")).ToSpec("x");
        Assert.Equal((6, "vpc", 26, "172.20.0.0/16"), (spec.Nodes, spec.Backend, spec.NodeMask, spec.PodCidr));
    }

    [Theory]
    [InlineData("ipv4", "192.168.0.0/16", "192.168.0.0/19", "172.20.0.0/16", "172.21.0.0/20")]
    [InlineData("ipv6", "fd00:c0a8::/48", "fd00:c0a8:0:a::/64", "fd00:ac14::/56", "fd00:ac15::/112")]
    public void Ranges_that_nobody_gave_are_those_of_the_family_and_make_a_valid_plan(string family, string vpc, string vSwitch, string pods, string services)
    {
        var spec = new ClusterSettings { IpFamily = family }.ToSpec("x");
        ClusterPreconditions.CheckSpec(spec);
        Assert.Equal((vpc, vSwitch, pods, services), (spec.Vpc, spec.VSwitches[0].Cidr, spec.PodCidr, spec.ServiceCidr));
    }

    [Theory]
    [InlineData("a=192.168.0.0/19", "a", "192.168.0.0/19")]
    [InlineData("b=192.168.64.0/19,fd00::/64", "b", "192.168.64.0/19,fd00::/64")]
    public void A_zone_is_its_name_and_its_range(string text, string zone, string cidr) => Assert.Equal(new VSwitchSpec(zone, cidr), VSwitchSpec.Parse(text));

    [Theory]
    [InlineData("a")]
    [InlineData("=192.168.0.0/19")]
    [InlineData("a=")]
    public void A_zone_in_another_form_is_refused(string text) => Assert.Equal(
        $"--zone \"{text}\" must be a zone and its range, such as a=192.168.0.0/19.", Assert.Throws<ClusterException>(() => VSwitchSpec.Parse(text)).Message);

    [Theory]
    [InlineData("vSwitches: [{zone: a, cidr: 192.168.0.0/19}, {zone: a, cidr: 192.168.64.0/19}]", "zone a: it has 2 vSwitches, 192.168.0.0/19 and 192.168.64.0/19; a cluster has one in each zone, so give the zones different names.")]
    [InlineData("vSwitches: [{zone: eu-central-1a, cidr: 192.168.0.0/19}]", "zone \"eu-central-1a\" is not usable: take at most 11 lower-case letters, digits and '-'.")]
    [InlineData("vSwitches: [{zone: a/b, cidr: 192.168.0.0/19}]", "zone \"a/b\" is not usable: take at most 11 lower-case letters, digits and '-'.")]
    [InlineData("backend: gre", "backend: \"gre\" is no backend; choose one of host-gw, vxlan, auto, vpc.")]
    [InlineData("ipFamily: both", "ipFamily: \"both\" is no choice; take ipv4, ipv6 or dual.")]
    [InlineData("ipFamily: ipv6\nvpc: 192.168.0.0/16\nvSwitches: [{zone: a, cidr: 192.168.0.0/19}]\npodCidr: 172.20.0.0/16\nserviceCidr: 172.21.0.0/20", "vpc: 192.168.0.0/16 is ipv4, but ipFamily is ipv6; give one range of each IP family that the cluster has.")]
    [InlineData("vxlan: {vni: 0}", "vxlan.vni: 0 must be between 1 and 16777215.")]
    [InlineData("vxlan: {port: 70000}", "vxlan.port: 70000 must be between 1 and 65535.")]
    public void What_cannot_be_built_is_refused_before_anything_is_made(string text, string sentence) => Assert.Equal(
        sentence, Assert.Throws<ClusterException>(() => ClusterPreconditions.CheckSpec(ClusterFile.Parse(text, "cluster.yaml").ToSpec("x"))).Message);

    [Fact]
    public void A_plan_that_breaks_a_rule_is_refused_with_the_findings_of_viaduct_plan()
    {
        var spec = new ClusterSettings { Vpc = "172.16.0.0/12", VSwitches = [new("a", "172.16.0.0/24")], PodCidr = "172.17.0.0/16" }.ToSpec("x");
        var message = Assert.Throws<ClusterException>(() => ClusterPreconditions.CheckSpec(spec)).Message;
        Assert.Equal(string.Join('\n', spec.ToPlan().Validate()), message);
        Assert.Contains("172.17.0.0/16", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_control_plane_whose_plan_was_edited_refuses_it_with_the_same_findings()
    {
        using var directory = new TemporaryDirectory();
        var paths = ClusterPaths.At(directory.File("run"), directory.File("state"));
        paths.Create();
        var spec = new ClusterSettings().ToSpec("x") with { ServiceCidr = "172.20.16.0/20" };
        spec.Save(paths.Spec);
        var refusal = await Assert.ThrowsAsync<ClusterException>(() => ControlPlaneProcess.RunAsync(paths, NullLoggerFactory.Instance));
        Assert.Equal(string.Join('\n', spec.ToPlan().Validate()), refusal.Message);
    }
}
