using Viaduct.Linux;
using Viaduct.Linux.Namespaces;
using Viaduct.Linux.Processes;

namespace Viaduct.Tests.Kernel.Linux;

public class ChildProcessTests
{
    [Fact]
    public async Task A_childs_exit_code_is_told()
    {
        using var child = ChildProcess.Start(Shell("exit 7"));
        Assert.Equal(new ExitStatus(7, null), await child.Exited.WaitAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_signal_ends_a_child_and_is_told()
    {
        using var child = ChildProcess.Start(new ProcessSpec { Path = "sleep", Arguments = ["1000"] });
        child.Signal(15);
        Assert.Equal(new ExitStatus(null, 15), await child.Exited.WaitAsync(TestContext.Current.CancellationToken));
        child.Signal(15);
    }

    [Fact]
    public async Task Arguments_environment_directory_input_and_output_reach_the_child()
    {
        var (inputRead, inputWrite) = Pipe.Create();
        await using (var input = new FileStream(inputWrite, FileAccess.Write))
            input.Write("from stdin"u8);
        var output = await OutputOf(Shell("""printf '%s|%s|%s|%s|' "$1" "$COLOR" "$PWD" "$(cat)"; env | wc -l; echo oops >&2""", "a b") with
        {
            Environment = new Dictionary<string, string> { ["COLOR"] = "blue", ["PATH"] = "/usr/bin:/bin" },
            WorkingDirectory = "/usr",
            StandardInput = inputRead,
        });
        inputRead.Dispose();
        Assert.StartsWith("a b|blue|/usr|from stdin|", output, StringComparison.Ordinal);
        Assert.EndsWith("oops\n", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_child_leads_its_own_session_and_has_no_ignored_or_blocked_signals()
    {
        var output = await OutputOf(Shell("cut -d' ' -f1,6 /proc/$$/stat; grep -E '^Sig(Blk|Ign)' /proc/self/status; ls /proc/self/fd | wc -l"));
        var lines = output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var numbers = lines[0].Split(' ');
        Assert.Equal(numbers[0], numbers[1]);
        Assert.Equal("SigBlk:\t0000000000000000", lines[1]);
        // posix_spawn of glibc ignores its two internal signals, 32 and 33, for a while and the program inherits that.
        Assert.Equal(0UL, Convert.ToUInt64(lines[2]["SigIgn:\t".Length..], 16) & 0x7fffffff);
        // 0, 1, 2 and the directory that ls reads: nothing else was inherited.
        Assert.Equal("4", lines[3]);
    }

    [Fact]
    public async Task A_child_starts_in_the_network_namespace_it_was_given()
    {
        using var ns = NetNamespace.Create();
        var output = await OutputOf(Shell("readlink /proc/self/ns/net") with { NetNamespace = ns });
        Assert.Equal($"net:[{ns.Inode}]\n", output);
    }

    [Fact]
    public async Task In_a_new_pid_namespace_the_child_is_process_1()
    {
        var output = await OutputOf(Shell("echo $$; hostname pod-1; hostname; readlink /proc/self/ns/mnt") with
        {
            NewPidNamespace = true, NewMountNamespace = true, NewUtsNamespace = true,
        });
        var lines = output.Split('\n');
        Assert.Equal("1", lines[0]);
        Assert.Equal("pod-1", lines[1]);
        Assert.NotEqual("pod-1", Environment.MachineName);
        Assert.NotEqual(new FileInfo("/proc/self/ns/mnt").LinkTarget, lines[2]);
    }

    [Fact]
    public async Task Many_children_in_pid_namespaces_leave_this_process_able_to_start_threads()
    {
        var children = Enumerable.Range(0, 20).Select(i => ChildProcess.Start(Shell($"exit {i}") with { NewPidNamespace = true })).ToArray();
        var codes = await Task.WhenAll(children.Select(c => c.Exited)).WaitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(Enumerable.Range(0, 20), codes.Select(c => c.Code!.Value));
        var thread = new Thread(() => { });
        thread.Start();
        thread.Join();
    }

    [Fact]
    public void A_missing_program_and_a_missing_directory_are_told_apart()
    {
        var program = Assert.Throws<LinuxException>(() => ChildProcess.Start(new ProcessSpec { Path = "/no/such/program" }));
        Assert.Contains("no such program", program.Message, StringComparison.Ordinal);
        var directory = Assert.Throws<LinuxException>(() => ChildProcess.Start(Shell("true") with { WorkingDirectory = "/no/such" }));
        Assert.Contains("working directory", directory.Message, StringComparison.Ordinal);
    }

    private static ProcessSpec Shell(string script, params string[] arguments) => new() { Path = "/bin/sh", Arguments = ["-c", script, "sh", .. arguments] };

    private static async Task<string> OutputOf(ProcessSpec spec)
    {
        var (read, write) = Pipe.Create();
        using var child = ChildProcess.Start(spec with { StandardOutput = write, StandardError = write });
        write.Dispose();
        using var reader = new StreamReader(new FileStream(read, FileAccess.Read));
        var output = await reader.ReadToEndAsync(TestContext.Current.CancellationToken);
        await child.Exited.WaitAsync(TestContext.Current.CancellationToken);
        return output;
    }
}
