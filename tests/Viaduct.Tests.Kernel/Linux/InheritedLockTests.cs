using Microsoft.Win32.SafeHandles;
using Viaduct.Linux;
using Viaduct.Linux.Processes;
using Viaduct.Tests.Kernel.Node;

namespace Viaduct.Tests.Kernel.Linux;

public class InheritedLockTests
{
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task The_lock_is_held_until_the_last_process_that_inherited_it_has_ended()
    {
        using var directory = new TemporaryDirectory();
        var path = Path.Combine(directory.Path, "lock");
        var (read, write) = Pipe.Create();
        // The shell ends at once; its child, which has the same standard error, when our end of the pipe closes.
        using var shell = Start(path, read, "exec 3<&0; cat <&3 & exit 0");
        await shell.Exited.WaitAsync(TestContext.Current.CancellationToken);
        using var held = InheritedLock.Open(path);
        Assert.NotNull(held);

        Assert.False(held.WaitUntilFree(Moment));
        write.Dispose();
        Assert.True(held.WaitUntilFree(Patience));
    }

    [Fact]
    public async Task A_killed_process_holds_it_no_more_and_a_removed_file_can_be_waited_for()
    {
        using var directory = new TemporaryDirectory();
        var path = Path.Combine(directory.Path, "lock");
        using var sleeper = Start(path, null, "exec sleep 1000");
        using var held = InheritedLock.Open(path);
        Assert.NotNull(held);
        File.Delete(path);

        Assert.False(held.WaitUntilFree(Moment));
        sleeper.Signal(Signals.Kill);
        Assert.True(held.WaitUntilFree(Patience));
        await sleeper.Exited.WaitAsync(TestContext.Current.CancellationToken);
    }

    [Fact]
    public void Another_opening_of_the_file_is_refused_while_the_lock_is_held()
    {
        using var directory = new TemporaryDirectory();
        var path = Path.Combine(directory.Path, "lock");
        using var first = OpenFile(path);
        InheritedLock.Take(first);
        using var second = OpenFile(path);

        Assert.Throws<LinuxException>(() => InheritedLock.Take(second));
        Assert.Null(InheritedLock.Open(path + ".missing"));
    }

    private static ChildProcess Start(string path, SafeFileHandle? input, string script)
    {
        using var file = OpenFile(path);
        using (input)
        {
            InheritedLock.Take(file);
            return ChildProcess.Start(new ProcessSpec { Path = "sh", Arguments = ["-c", script], StandardInput = input, StandardError = file });
        }
    }

    private static SafeFileHandle OpenFile(string path) =>
        File.OpenHandle(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite);
}
