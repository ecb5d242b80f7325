using Viaduct.Addressing;
using Viaduct.Cluster.Plans;

namespace Viaduct.Tests.Plans;

public class PlanFileTests
{
    [Theory]
    [InlineData("vpc: 192.168.0.0/16\nvSwitch: []\n", "p.yaml, line 2: vSwitch is no field of a plan; there are: provider, mode, vpc, vSwitches, ")]
    [InlineData("vSwitches:\n- zone: a\n  cdir: 10.0.0.0/8\n", "p.yaml, line 3: vSwitches[0].cdir is no field of a plan; there are: name, zone, cidr.")]
    [InlineData("vSwitches:\n- zone: a\n", "p.yaml, line 2: vSwitches[0] has no cidr.")]
    [InlineData("podCidr: 172.20.1.0/16\n", "p.yaml, line 1: podCidr \"172.20.1.0/16\" has bits set beyond /16; the range is 172.20.0.0/16.")]
    [InlineData("podCidr: [172.20.0.0/16,\n  fd00::/129]\n", "p.yaml, line 2: podCidr[1] \"fd00::/129\" is not a block of addresses")]
    [InlineData("nodes: many\n", "p.yaml, line 1: nodes must be a whole number.")]
    [InlineData("nodes: -1\n", "p.yaml, line 1: nodes must be a whole number.")]
    [InlineData("provider: acs\n", "p.yaml, line 1: provider \"acs\" must be one of generic, viaduct, ack, gke, eks, aks, vke, cce.")]
    [InlineData("provider: gke\nmode: terway\n", "p.yaml, line 2: mode \"terway\" must be one of vpc-native.")]
    [InlineData("nodeMask: [24]\n", "p.yaml, line 1: nodeMask must be one prefix length, or a list of two: for IPv4 and for IPv6.")]
    [InlineData("- a\n", "p.yaml, line 1: a plan is a mapping such as \"vpc: 192.168.0.0/16\".")]
    [InlineData("vpc: [\n", "p.yaml, line 2: ")]
    [InlineData("vpc: 10.0.0.0/8\nvpc: 10.0.0.0/8\n", "p.yaml, line 2: ")]
    [InlineData("", "p.yaml must hold one plan, and holds 0.")]
    [InlineData("nodes: 1\n---\nnodes: 2\n", "p.yaml must hold one plan, and holds 2.")]
    public void What_cannot_be_read_is_told_with_its_line(string text, string message) =>
        Assert.StartsWith(message, Assert.Throws<PlanFileException>(() => PlanFile.Parse(text, "p.yaml")).Message, StringComparison.Ordinal);

    [Fact]
    public void A_file_that_is_not_there_is_told() =>
        Assert.StartsWith("The plan /nowhere/plan.yaml cannot be read: ", Assert.Throws<PlanFileException>(() => PlanFile.Load("/nowhere/plan.yaml")).Message, StringComparison.Ordinal);

    [Fact]
    public void Ranges_may_be_lists_and_what_is_left_out_is_what_the_provider_chooses()
    {
        var plan = PlanFile.Parse("provider: gke\npodsPerNode: 32\npodCidr: [10.4.0.0/14, \"fd00:20::/56\"]\nnodes: ~\n", "p.yaml").Plan;
        Assert.Equal((PlanMode.VpcNative, 26, 64, 1), (plan.Mode, plan.NodeMask, plan.NodeMaskIPv6, plan.Nodes));
        Assert.True(plan.PodCidr.IsDualStack);
        Assert.Equal((25, 80), (PlanFile.Parse("nodeMask: [25, 80]", "p").Plan is var both ? (both.NodeMask, both.NodeMaskIPv6) : default));
        Assert.Equal((24, 72), (PlanFile.Parse("nodeMask: /72", "p").Plan is var six ? (six.NodeMask, six.NodeMaskIPv6) : default));
    }

    [Theory]
    [InlineData(8, 28)]
    [InlineData(9, 27)]
    [InlineData(16, 27)]
    [InlineData(17, 26)]
    [InlineData(33, 25)]
    [InlineData(64, 25)]
    [InlineData(65, 24)]
    [InlineData(110, 24)]
    public void GKE_chooses_the_mask_by_the_number_of_pods(int pods, int mask) => Assert.Equal(mask, PlanDefaults.GkeNodeMask(pods));

    [Fact]
    public void JSON_is_a_plan_too() => Assert.Equal(7, PlanFile.Parse("""{"nodes": 7, "podCidr": ["172.20.0.0/16"]}""", "p").Plan.Nodes);
}
