using Viaduct.Kube.Objects;
using Viaduct.Node.Containers;
using Viaduct.Node.Pods;
using static Viaduct.Tests.Node.TestPods;

namespace Viaduct.Tests.Node;

public class ContainerSlotTests
{
    [Fact]
    public void Restarts_wait_0_10_20_40_80_160_300_and_300_seconds()
    {
        var (slot, now, waits) = (New(), Noon, new List<double>());
        for (var i = 0; i < 8; i++)
        {
            slot.OnStarted(new FakeRun(), now);
            slot.OnExited(ContainerExit.Of(1), now += TimeSpan.FromSeconds(1));
            waits.Add((slot.Facts.MayStartAt!.Value - now).TotalSeconds);
            now = slot.Facts.MayStartAt.Value;
        }

        Assert.Equal([0, 10, 20, 40, 80, 160, 300, 300], waits);
        Assert.Equal(7, slot.Facts.RestartCount);
    }

    [Fact]
    public void Ten_minutes_of_running_reset_the_back_off()
    {
        var slot = New();
        foreach (var at in new[] { Noon, Noon.AddSeconds(1) })
        {
            slot.OnStarted(new FakeRun(), at);
            slot.OnExited(ContainerExit.Of(1), at);
        }

        slot.OnStarted(new FakeRun(), Noon);
        slot.OnExited(ContainerExit.Of(1), Noon.AddMinutes(10));
        Assert.Equal(Noon.AddMinutes(10), slot.Facts.MayStartAt);
    }

    [Fact]
    public void A_container_in_back_off_says_CrashLoopBackOff_and_how_its_last_run_ended()
    {
        var slot = New();
        for (var i = 0; i < 2; i++)
        {
            slot.OnStarted(new FakeRun(), Noon);
            slot.OnExited(ContainerExit.Of(3), Noon);
        }

        var status = slot.Facts.ToStatus();
        Assert.Equal("CrashLoopBackOff", status.State!.Waiting!.Reason);
        Assert.Contains("back-off 10s", status.State.Waiting.Message, StringComparison.Ordinal);
        Assert.Equal((3, "Error"), (status.LastState!.Terminated!.ExitCode, status.LastState.Terminated.Reason));
        Assert.Equal(1, status.RestartCount);
    }

    [Fact]
    public void A_missing_config_map_is_waited_for_without_counting_a_restart()
    {
        var slot = New();
        slot.OnStartFailed(new ContainerStartException("CreateContainerConfigError", "configmap \"x\" not found") { IsConfiguration = true }, Noon);
        Assert.Equal("CreateContainerConfigError", slot.Facts.State.Waiting!.Reason);
        Assert.Equal(0, slot.NextRun);
        slot.OnStarted(new FakeRun(), Noon);
        Assert.Equal(0, slot.Facts.RestartCount);
    }

    [Fact]
    public void A_start_error_ends_a_run_with_code_128()
    {
        var slot = New("Never");
        slot.OnStartFailed(new ContainerStartException("StartError", "no such program"), Noon);
        Assert.Equal((128, "StartError", "no such program"), Summary(slot.Facts.State.Terminated!));
    }

    [Fact]
    public void After_a_restart_of_the_agent_a_running_container_counts_one_more_restart()
    {
        var slot = New(before: new ContainerStatus { Name = "a", ContainerId = "viaduct://x", RestartCount = 2, State = Running("a").State });
        Assert.True(slot.Facts.ShouldRun("Always"));
        slot.OnStarted(new FakeRun(), Noon);
        Assert.Equal(3, slot.Facts.RestartCount);
        Assert.Equal(137, slot.Facts.LastState!.Terminated!.ExitCode);
    }

    [Fact]
    public void After_a_restart_of_the_agent_a_completed_container_stays_completed_and_an_init_container_runs_again()
    {
        var done = new ContainerStatus { Name = "a", ContainerId = "viaduct://x", State = Ended("a", 0).State };
        Assert.False(New("OnFailure", done).Facts.ShouldRun("OnFailure"));
        Assert.True(New("OnFailure", done, ContainerRole.Init).Facts.ShouldRun("OnFailure"));
    }

    [Fact]
    public void A_stopping_stand_in_is_unready_at_once_and_a_process_only_when_its_probe_says_so()
    {
        var (standIn, process) = (New(), New());
        standIn.OnStarted(new FakeRun(), Noon);
        process.OnStarted(new FakeRun { ExecTarget = new ExecTarget(1, null!, new Dictionary<string, string>(), "/") }, Noon);
        standIn.Stop(TimeSpan.FromSeconds(1));
        process.Stop(TimeSpan.FromSeconds(1));
        Assert.False(standIn.Facts.Ready);
        Assert.True(process.Facts.Ready);
    }

    private static (int, string?, string?) Summary(ContainerStateTerminated end) => (end.ExitCode, end.Reason, end.Message);

    private static ContainerSlot New(string policy = "Always", ContainerStatus? before = null, ContainerRole role = ContainerRole.Main) =>
        new(Container("a"), role, policy, before, Noon);

    private sealed class FakeRun : IRunningContainer
    {
        public Task<ContainerExit> Exited { get; } = new TaskCompletionSource<ContainerExit>().Task;

        public ExecTarget? ExecTarget { get; init; }

        public void Stop(TimeSpan grace)
        {
        }

        public void Dispose()
        {
        }
    }
}
