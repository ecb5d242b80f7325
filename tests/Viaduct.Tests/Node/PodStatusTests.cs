using Viaduct.Kube.Objects;
using Viaduct.Node.Pods;
using static Viaduct.Tests.Node.TestPods;

namespace Viaduct.Tests.Node;

public class PodStatusTests
{
    [Fact]
    public void A_pod_whose_containers_run_and_are_ready_is_ready()
    {
        var status = PodStatusBuilder.Build(Facts([Running("a")]), Noon);
        Assert.Equal("Running", status.Phase);
        Assert.Equal("172.20.0.2", status.PodIP);
        Assert.Equal(["172.20.0.2"], status.PodIPs!.Select(p => p.Ip));
        Assert.Equal("192.168.0.3", status.HostIP);
        Assert.All(status.Conditions!, c => Assert.Equal("True", c.Status));
        Assert.Equal(["PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady"], status.Conditions!.Select(c => c.Type));
    }

    [Fact]
    public void One_unready_container_makes_the_pod_unready_and_is_named()
    {
        var status = PodStatusBuilder.Build(Facts([Running("a"), Running("b", ready: false)]), Noon);
        Assert.Equal("Running", status.Phase);
        var ready = status.Conditions!.Single(c => c.Type == "Ready");
        Assert.Equal(("False", "ContainersNotReady", "containers with unready status: [b]"), (ready.Status, ready.Reason, ready.Message));
    }

    [Fact]
    public void A_pod_is_pending_until_each_container_has_run_once()
    {
        Assert.Equal("Pending", PodStatusBuilder.Phase(Facts([Running("a"), Waiting("b")])));
        Assert.Equal("Pending", PodStatusBuilder.Phase(Facts([Waiting("a")], [Running("i", ContainerRole.Init)])));
    }

    [Fact]
    public void A_container_in_back_off_leaves_the_pod_running() =>
        Assert.Equal("Running", PodStatusBuilder.Phase(Facts([Waiting("a") with { LastState = Ended("a", 1).State }])));

    [Theory]
    [InlineData("Never", 0, 0, "Succeeded")]
    [InlineData("Never", 0, 1, "Failed")]
    [InlineData("OnFailure", 0, 0, "Succeeded")]
    [InlineData("OnFailure", 0, 1, "Running")]
    [InlineData("Always", 0, 0, "Running")]
    public void The_phase_of_ended_containers_follows_the_restart_policy(string policy, int first, int second, string phase) =>
        Assert.Equal(phase, PodStatusBuilder.Phase(Facts([Ended("a", first), Ended("b", second)], policy: policy)));

    [Fact]
    public void Conditions_of_others_stay_and_a_transition_time_changes_only_with_the_status()
    {
        var earlier = Noon.AddHours(-1);
        var pod = new Pod
        {
            Status = new PodStatus
            {
                Conditions =
                [
                    new Condition { Type = "PodScheduled", Status = "True", LastTransitionTime = earlier },
                    new Condition { Type = "Initialized", Status = "True", LastTransitionTime = earlier },
                    new Condition { Type = "Ready", Status = "False", LastTransitionTime = earlier },
                ],
            },
        };
        var conditions = PodStatusBuilder.Build(Facts([Running("a")], pod: pod), Noon).Conditions!.ToDictionary(c => c.Type);
        Assert.Equal(earlier, conditions["PodScheduled"].LastTransitionTime);
        Assert.Equal(earlier, conditions["Initialized"].LastTransitionTime);
        Assert.Equal(Noon, conditions["Ready"].LastTransitionTime);
    }

    [Fact]
    public void A_readiness_gate_must_be_true_as_well()
    {
        var pod = new Pod { Spec = new PodSpec { ReadinessGates = [new PodReadinessGate { ConditionType = "example.com/gate" }] } };
        var conditions = PodStatusBuilder.Build(Facts([Running("a")], pod: pod), Noon).Conditions!.ToDictionary(c => c.Type);
        Assert.Equal("True", conditions["ContainersReady"].Status);
        Assert.Equal("ReadinessGatesNotReady", conditions["Ready"].Reason);
    }

    [Fact]
    public void Equal_statuses_need_no_patch()
    {
        var status = PodStatusBuilder.Build(Facts([Running("a")], [Ended("i", 0, ContainerRole.Init)]), Noon);
        var read = Parse("{\"status\":" + System.Text.Json.JsonSerializer.Serialize(status, KubeJson.Default.PodStatus) + "}").Status;
        Assert.Null(PodStatusPatch.Make("u", read, status));
    }

    [Fact]
    public void A_patch_holds_the_changed_fields_the_removed_ones_and_the_uid()
    {
        var patch = PodStatusPatch.Make(
            "u1",
            new PodStatus { Phase = "Running", PodIP = "1.2.3.4", HostIP = "5.6.7.8" },
            new PodStatus { Phase = "Pending", HostIP = "5.6.7.8" });
        Assert.Equal("""{"metadata":{"uid":"u1"},"status":{"phase":"Pending","podIP":null}}""", patch!.ToJsonString());
    }
}
