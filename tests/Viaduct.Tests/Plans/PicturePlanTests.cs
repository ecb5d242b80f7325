using System.Net;
using Viaduct.Addressing;

namespace Viaduct.Tests.Plans;

/// <summary>The plan of the picture (docs/architecture.md) is right, and each step away from it that the planning rules forbid is told by its rule, by whichever provider.</summary>
public class PicturePlanTests
{
    public static TheoryData<PlanProvider> Providers => [PlanProvider.Viaduct, PlanProvider.Generic, PlanProvider.Ack];

    [Theory]
    [MemberData(nameof(Providers))]
    public void The_picture_s_plan_is_valid(PlanProvider provider) => Assert.Empty((ClusterPlan.Default with { Provider = provider }).Validate());

    public static MatrixTheoryData<string, PlanProvider> Mistakes => new(["vpc-private", "vswitch-in-vpc", "vswitches-apart", "pod-apart-from-vpc", "pod-apart-from-service", "service-apart-from-vpc"], Providers.Select(p => p.Data));

    [Theory]
    [MemberData(nameof(Mistakes))]
    public void A_step_away_from_it_is_told_by_its_rule(string rule, PlanProvider provider)
    {
        var findings = (Broken(rule) with { Provider = provider }).Validate();
        Assert.Contains(findings, f => f.Rule.Name == rule);
    }

    // A VPC of 172.16.0.0/12 rules out pods in any part of it.
    [Theory]
    [InlineData("172.16.0.0/16")]
    [InlineData("172.17.0.0/16")]
    [InlineData("172.31.0.0/16")]
    public void A_large_VPC_rules_out_every_pod_range_within(string pods)
    {
        var plan = Broken("pod-apart-from-vpc") with { PodCidr = IPNetwork.Parse(pods) };
        var finding = Assert.Single(plan.Validate(), f => f.Rule.Name == "pod-apart-from-vpc");
        Assert.Equal((pods, "172.16.0.0/12", pods), (finding.Range!.Block.ToString(), finding.Other!.Block.ToString(), finding.Overlap.ToString()));
    }

    [Fact]
    public void A_vSwitch_as_large_as_the_VPC_is_right() => Assert.Empty((ClusterPlan.Default with { VSwitches = [new("a", IPNetwork.Parse("192.168.0.0/16"))] }).Validate());

    private static ClusterPlan Broken(string rule) => rule switch
    {
        "vpc-private" => ClusterPlan.Default with { Vpc = IPNetwork.Parse("193.168.0.0/16"), VSwitches = [new("a", IPNetwork.Parse("193.168.0.0/19"))] },
        "vswitch-in-vpc" => ClusterPlan.Default with { VSwitches = [new("a", IPNetwork.Parse("10.0.0.0/19"))] },
        "vswitches-apart" => ClusterPlan.Default with { VSwitches = [new("a", IPNetwork.Parse("192.168.0.0/18")), new("b", IPNetwork.Parse("192.168.32.0/19"))] },
        "pod-apart-from-vpc" => ClusterPlan.Default with { Vpc = IPNetwork.Parse("172.16.0.0/12"), VSwitches = [new("a", IPNetwork.Parse("172.18.0.0/19"))], ServiceCidr = IPNetwork.Parse("10.96.0.0/20") },
        "pod-apart-from-service" => ClusterPlan.Default with { ServiceCidr = IPNetwork.Parse("172.20.16.0/20") },
        "service-apart-from-vpc" => ClusterPlan.Default with { ServiceCidr = IPNetwork.Parse("192.168.128.0/20") },
        _ => throw new ArgumentOutOfRangeException(nameof(rule), rule, null),
    };
}
