using System.Net;
using CsCheck;
using Viaduct.Addressing;
using Viaduct.Cluster.Plans;
using Viaduct.Tests.Addressing;
using Viaduct.Tests.Repository;

namespace Viaduct.Tests.Plans;

public class PlanSuggestionTests
{
    private static readonly Gen<ClusterPlan> s_plan =
        Gen.Select(CidrTests.Block4, CidrTests.Block4, CidrTests.Block4, CidrTests.Block4, Gen.Int[1, 400], Gen.Int[16, 28], Gen.Enum<PlanProvider>(), (vpc, vSwitch, pods, services, nodes, mask, provider) =>
            ClusterPlan.Default with
            {
                Provider = provider,
                Mode = provider switch { PlanProvider.Gke => PlanMode.VpcNative, PlanProvider.Aks => PlanMode.Overlay, PlanProvider.Eks => PlanMode.VpcCni, _ => PlanMode.Flannel },
                Vpc = vpc,
                VSwitches = [new("a", vSwitch), new("b", vSwitch)],
                PodCidr = pods,
                ServiceCidr = services,
                Nodes = nodes,
                NodeMask = mask,
            });

    [Theory]
    [InlineData("pod-apart-from-vpc")]
    [InlineData("pod-apart-from-service")]
    [InlineData("pod-apart-from-other-pods")]
    [InlineData("pod-apart-from-route")]
    [InlineData("service-apart-from-vpc")]
    [InlineData("service-apart-from-other-vpc")]
    [InlineData("vswitch-in-vpc")]
    [InlineData("vswitches-apart")]
    [InlineData("pod-vswitch-apart-from-nodes")]
    [InlineData("pod-vswitches-apart")]
    [InlineData("vpc-private")]
    [InlineData("node-blocks")]
    [InlineData("pods-in-block")]
    [InlineData("ack-node-mask")]
    [InlineData("aks-service-size")]
    [InlineData("service-size")]
    [InlineData("dns-address")]
    public void For_a_plan_that_moving_and_resizing_can_mend_there_is_a_valid_one(string rule)
    {
        var suggestion = PlanSuggestion.Near(Load("Cases", rule, "bad.yaml"));
        Assert.NotNull(suggestion);
        Assert.Empty(suggestion.Validate());
    }

    [Fact]
    public void Only_what_is_wrong_changes()
    {
        var plan = Load("Cases", "pod-apart-from-service", "bad.yaml");
        Assert.Equal(plan with { ServiceCidr = IPNetwork.Parse("172.21.0.0/20") }, PlanSuggestion.Near(plan)! with { VSwitches = plan.VSwitches, PodVSwitches = plan.PodVSwitches });
        Assert.Equal(plan.VSwitches.Select(v => v.Cidr), PlanSuggestion.Near(plan)!.VSwitches.Select(v => v.Cidr));
    }

    [Fact]
    public void What_moving_cannot_mend_has_no_suggestion() => Assert.Null(PlanSuggestion.Near(ClusterPlan.Default with { Nodes = 0 }));

    [Fact]
    public void A_valid_plan_is_suggested_as_it_is() =>
        Assert.Equal(ClusterPlan.Default, PlanSuggestion.Near(ClusterPlan.Default)! with { VSwitches = ClusterPlan.Default.VSwitches, PodVSwitches = ClusterPlan.Default.PodVSwitches });

    [Fact]
    public void Whatever_the_plan_a_suggestion_is_valid() => s_plan.Sample(plan => Assert.Empty(PlanSuggestion.Near(plan)?.Validate() ?? []));

    [Fact]
    public void The_nearest_free_block_is_free_and_within_and_no_other_is_nearer() =>
        Gen.Select(Gen.Int[0, 63], Gen.Int[0, 63].Array[0, 40], Gen.Int[26, 32]).Sample((wanted, taken, prefix) =>
        {
            IPNetwork Block(int number, int length) => Cidr.Around(IPNetwork.Parse("10.0.0.0/26").AddressAt((uint)number), length);
            var occupied = taken.Select(t => Block(t, 32)).ToList();
            var free = Enumerable.Range(0, 64).Select(i => Block(i, prefix)).Distinct().Where(b => !occupied.Any(o => o.Overlaps(b))).ToList();
            var found = FreeSpace.Nearest(Block(wanted, 32), prefix, [IPNetwork.Parse("10.0.0.0/26")], occupied);
            Assert.Equal(free.Count > 0, found is not null);
            if (found is { } block)
            {
                Assert.Contains(block, free);
                long Distance(IPNetwork b) => Math.Abs((long)b.First() - (long)Block(wanted, 32).First());
                var aligned = Block(wanted, prefix);
                Assert.Equal(free.Contains(aligned) ? aligned : block, block);
                Assert.True(Distance(block) <= free.Min(Distance) + (1L << (32 - prefix)));
            }
        });

    private static ClusterPlan Load(params string[] path) => PlanFile.Load(Path.Combine([RepositoryFiles.Root, "tests", "Viaduct.Tests", "Plans", .. path])).Plan;
}
