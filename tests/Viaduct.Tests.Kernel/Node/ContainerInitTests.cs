using System.Text;
using Viaduct.Linux.Namespaces;
using Viaduct.Linux.Processes;
using Viaduct.Node.Containers;

namespace Viaduct.Tests.Kernel.Node;

public class ContainerInitTests
{
    [Fact]
    public async Task The_command_s_exit_code_is_that_of_the_container() => Assert.Equal((7, ""), await RunAsync("exit 7"));

    [Fact]
    public async Task A_signal_that_ends_the_command_is_128_more() => Assert.Equal(128 + 9, (await RunAsync("kill -9 $$")).Code);

    [Fact]
    public async Task A_command_that_does_not_exist_is_code_127_and_a_sentence()
    {
        var (code, output) = await RunAsync(["/no/such/program"]);
        Assert.Equal(127, code);
        Assert.Contains("/no/such/program", output, StringComparison.Ordinal);
        Assert.Contains("There is no such program", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_container_has_its_own_processes_host_name_and_network_devices()
    {
        var (code, output) = await RunAsync("hostname; cat /proc/1/comm >/dev/null && ls -d /proc/[0-9]* | wc -l; ls /sys/class/net; pwd");
        Assert.Equal(0, code);
        var lines = output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal("box", lines[0]);
        Assert.InRange(int.Parse(lines[1], System.Globalization.CultureInfo.InvariantCulture), 2, 5);
        Assert.Equal(["lo", "/tmp"], lines[^2..]);
    }

    [Fact]
    public async Task Signals_reach_the_command()
    {
        using var started = Start(["sh", "-c", "trap 'echo got it; exit 3' TERM; echo ready; while :; do sleep 0.05; done"]);
        using var reader = new StreamReader(started.Streams.Output);
        Assert.Equal("ready", await reader.ReadLineAsync(TestContext.Current.CancellationToken));
        started.Child.Signal(15);
        Assert.Equal("got it", await reader.ReadLineAsync(TestContext.Current.CancellationToken));
        Assert.Equal(3, (await started.Child.Exited).ShellCode);
    }

    [Fact]
    public async Task A_command_that_does_not_handle_a_signal_ends_by_it()
    {
        // As process 1 it would not: the kernel drops signals without a handler there.
        using var started = Start(["sh", "-c", "echo ready; exec sleep 1000"]);
        using var reader = new StreamReader(started.Streams.Output);
        Assert.Equal("ready", await reader.ReadLineAsync(TestContext.Current.CancellationToken));
        started.Child.Signal(15);
        Assert.Equal(128 + 15, (await started.Child.Exited.WaitAsync(TestContext.Current.CancellationToken)).ShellCode);
    }

    [Fact]
    public async Task Orphans_are_reaped()
    {
        // The inner shell ends before its child, which then belongs to process 1; a zombie would keep its number.
        var (_, output) = await RunAsync("sh -c 'sleep 0.1 & echo $!' > /dev/null; sh -c 'sleep 0.2 & echo $!'; sleep 0.5; grep -l 'State:.Z' /proc/[0-9]*/status | wc -l");
        Assert.Equal("0", output.Split('\n', StringSplitOptions.RemoveEmptyEntries)[^1]);
    }

    [Fact]
    public async Task Processes_that_the_command_leaves_behind_end_with_it()
    {
        var mark = "41" + Random.Shared.Next(100000, 999999);
        await RunAsync($"setsid sleep {mark} > /dev/null 2>&1 & sleep 0.1");
        Assert.DoesNotContain(mark, string.Join('\n', CommandLines()), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_container_ends_when_the_agent_lets_go_of_the_lifeline()
    {
        using var started = Start(["sh", "-c", "echo ready; exec sleep 1000"], hasLifeline: true);
        using var reader = new StreamReader(started.Streams.Output);
        Assert.Equal("ready", await reader.ReadLineAsync(TestContext.Current.CancellationToken));
        started.Streams.CloseInput();
        Assert.Equal(128 + 9, (await started.Child.Exited.WaitAsync(TestContext.Current.CancellationToken)).ShellCode);
    }

    private static IEnumerable<string> CommandLines()
    {
        foreach (var process in Directory.EnumerateDirectories("/proc").Where(d => char.IsAsciiDigit(Path.GetFileName(d)[0])))
        {
            string? line = null;
            try
            {
                line = File.ReadAllText(Path.Combine(process, "cmdline"));
            }
            catch (IOException)
            {
                // It ended while we looked.
            }

            if (line is not null)
                yield return line;
        }
    }

    private static Task<(int Code, string Output)> RunAsync(string script) => RunAsync(["sh", "-c", script]);

    private static async Task<(int Code, string Output)> RunAsync(IReadOnlyList<string> command)
    {
        using var started = Start(command);
        var (output, error) = (ReadAsync(started.Streams.Output), ReadAsync(started.Streams.Error));
        var status = await started.Child.Exited.WaitAsync(TestContext.Current.CancellationToken);
        return (status.ShellCode, await output + await error);
    }

    private static ExecProcess Start(IReadOnlyList<string> command, bool hasLifeline = false)
    {
        using var ns = NetNamespace.Create();
        var streams = new ChildStreams(withInput: true);
        var environment = new Dictionary<string, string> { ["PATH"] = ContainerEnvironment.DefaultPath };
        var options = AgentLab.Options("/nowhere", "/nowhere", ns);
        var spec = ProcessContainer.InitSpec(options, new ExecTarget(null, ns, environment, "/tmp"), "box", command, streams, hasLifeline);
        var child = ChildProcess.Start(spec);
        streams.CloseChildSide();
        return new ExecProcess(child, streams);
    }

    private static async Task<string> ReadAsync(Stream stream)
    {
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return await reader.ReadToEndAsync(TestContext.Current.CancellationToken);
    }
}
