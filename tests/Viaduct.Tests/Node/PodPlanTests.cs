using Viaduct.Node.Pods;
using static Viaduct.Tests.Node.TestPods;

namespace Viaduct.Tests.Node;

public class PodPlanTests
{
    [Fact]
    public void Init_containers_run_one_after_the_other_before_all_main_ones()
    {
        var main = new[] { Waiting("a"), Waiting("b") };
        Assert.Equal(["i1"], Start(Facts(main, [Waiting("i1", ContainerRole.Init), Waiting("i2", ContainerRole.Init)])));
        Assert.Empty(Start(Facts(main, [Running("i1", ContainerRole.Init), Waiting("i2", ContainerRole.Init)])));
        Assert.Equal(["i2"], Start(Facts(main, [Ended("i1", 0, ContainerRole.Init), Waiting("i2", ContainerRole.Init)])));
        Assert.Equal(["a", "b"], Start(Facts(main, [Ended("i1", 0, ContainerRole.Init), Ended("i2", 0, ContainerRole.Init)])));
    }

    [Fact]
    public void A_sidecar_holds_up_the_next_container_only_until_it_has_started()
    {
        var main = new[] { Waiting("a") };
        Assert.Equal(["s"], Start(Facts(main, [Waiting("s", ContainerRole.Sidecar)])));
        Assert.Empty(Start(Facts(main, [Running("s", ContainerRole.Sidecar) with { Started = false }])));
        Assert.Equal(["a"], Start(Facts(main, [Running("s", ContainerRole.Sidecar)])));
    }

    [Fact]
    public void A_sidecar_is_restarted_even_while_a_later_init_container_runs_and_whatever_the_policy()
    {
        var pod = Facts([Waiting("a")], [Ended("s", 1, ContainerRole.Sidecar), Running("i", ContainerRole.Init)], "Never");
        Assert.Equal(["s"], Start(pod));
    }

    [Theory]
    [InlineData("Always", 0, true)]
    [InlineData("Always", 1, true)]
    [InlineData("OnFailure", 0, false)]
    [InlineData("OnFailure", 1, true)]
    [InlineData("Never", 0, false)]
    [InlineData("Never", 1, false)]
    public void The_restart_policy_decides_whether_an_ended_container_runs_again(string policy, int code, bool again)
    {
        var plan = PodPlan.Decide(Facts([Ended("a", code)], policy: policy), Noon);
        Assert.Equal(again ? ["a"] : [], plan.Start);
        Assert.Equal(!again, plan.IsFinished);
    }

    [Fact]
    public void A_container_in_back_off_is_started_when_its_time_has_come()
    {
        var pod = Facts([Ended("a", 1) with { MayStartAt = Noon.AddSeconds(10) }, Running("b")]);
        var plan = PodPlan.Decide(pod, Noon);
        Assert.Empty(plan.Start);
        Assert.Equal(Noon.AddSeconds(10), plan.WakeAt);
        Assert.Equal(["a"], PodPlan.Decide(pod, Noon.AddSeconds(10)).Start);
    }

    [Fact]
    public void An_init_container_that_failed_for_good_ends_the_pod()
    {
        var pod = Facts([Waiting("a")], [Ended("i", 3, ContainerRole.Init)], "Never");
        Assert.True(PodPlan.Decide(pod, Noon).IsFinished);
        Assert.Equal("Failed", PodStatusBuilder.Phase(pod));
    }

    [Fact]
    public void A_pod_is_not_finished_while_one_container_runs() =>
        Assert.False(PodPlan.Decide(Facts([Ended("a", 0), Running("b")], policy: "Never"), Noon).IsFinished);

    private static IReadOnlyList<string> Start(PodFacts pod) => PodPlan.Decide(pod, Noon).Start;
}
