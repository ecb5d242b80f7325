using Viaduct.Linux.Native;
using Viaduct.Linux.Processes;

namespace Viaduct.Tests.Kernel.Linux;

/// <summary>Runs alone: the reaper would take the statuses of children that other tests start with System.Diagnostics.Process.</summary>
[CollectionDefinition(nameof(ChildReaperTests), DisableParallelization = true)]
[Collection(nameof(ChildReaperTests))]
public class ChildReaperTests
{
    [Fact]
    public async Task The_reaper_takes_no_status_from_a_child_that_somebody_waits_for()
    {
        var children = Enumerable.Range(0, 30).Select(i => ChildProcess.Start(Exit(i))).ToArray();
        while (!children.All(c => c.Exited.IsCompleted))
            ChildReaper.ReapNow();
        var codes = await Task.WhenAll(children.Select(c => c.Exited));
        Assert.Equal(Enumerable.Range(0, 30), codes.Select(c => c.Code!.Value));
    }

    [Fact]
    public void A_child_that_nobody_waits_for_is_reaped()
    {
        using var arguments = new NativeStringArray(["true"]);
        using var environment = new NativeStringArray([]);
        using var ownPidNamespace = Libc.open("/proc/self/ns/pid", Libc.O_CLOEXEC, 0);
        Assert.Equal(0, Libc.SpawnInNewSession(new SpawnRequest("/bin/true", null, -1, -1, -1, false, -1), arguments, environment, ownPidNamespace, out var id));
        Assert.Equal(0, Libc.waitid(Libc.P_PID, id, out _, Libc.WEXITED | Libc.WNOWAIT));
        Assert.Equal(1, ChildReaper.ReapNow());
        Assert.Equal(-1, Libc.waitid(Libc.P_PID, id, out _, Libc.WEXITED));
    }

    private static ProcessSpec Exit(int code) => new() { Path = "/bin/sh", Arguments = ["-c", $"exit {code}"] };
}
