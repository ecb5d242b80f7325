using System.Globalization;
using Viaduct.Lab.Engine;
using Viaduct.Linux;
using Viaduct.Linux.Processes;
using Viaduct.Linux.Tracing;

namespace Viaduct.Lab.Experiments.UserAndKernel;

/// <summary>The system calls of a shell and of the child that it forks, from the fork to the end.</summary>
internal sealed class ForkTrace
{
    private const string Parent = "parent", ChildName = "child";

    private static readonly string[] s_shown = ["clone", "clone3", "fork", "vfork", "write", "wait4", "waitid", "exit_group"];

    private readonly ThreadTracer tracer;
    private readonly int parent;
    private readonly List<string> calls = [];

    private ForkTrace(int parent, bool follows) => (this.parent, tracer) = (parent, new ThreadTracer(follows));

    /// <summary>Those that are worth a line, in order; the child's number is CHILD.</summary>
    public IReadOnlyList<string> Calls => calls;

    public int Child { get; private set; }

    public long ForkResult { get; private set; }

    public long WaitResult { get; private set; }

    /// <summary>The memory of both when the child had just begun.</summary>
    public string ParentMaps { get; private set; } = "";

    public string ChildMaps { get; private set; } = "";

    /// <summary>Page faults of the child from its beginning to its end.</summary>
    public long ChildFaults { get; private set; }

    /// <summary>Follows a shell that waits for input until it ends; <paramref name="go"/> gives it that.</summary>
    public static Task<ForkTrace> RunAsync(int shell, bool follows, Action go)
    {
        var done = new TaskCompletionSource<ForkTrace>(TaskCreationOptions.RunContinuationsAsynchronously);
        new Thread(() =>
        {
            try
            {
                var trace = new ForkTrace(shell, follows);
                trace.tracer.Attach(shell);
                var stop = trace.tracer.Next(shell);
                go();
                trace.Follow(shell, Parent, stop);
                done.SetResult(trace);
            }
            catch (LinuxException e)
            {
                // Not allowed (Yama), or a kernel that does not tell of system calls, as user-mode Linux.
                done.SetException(new ExperimentImpossibleException(e.Message));
            }
            catch (Exception e)
            {
                done.SetException(e);
            }
        }) { IsBackground = true, Name = "tracer" }.Start();
        return done.Task;
    }

    // One process at a time: the parent, stopped at its fork, waits for its turn while the child runs.
    private void Follow(int process, string name, TraceStop stop)
    {
        TraceStop.Entry? call = null;
        while (true)
        {
            tracer.Resume(process, stop);
            stop = tracer.Next(process);
            if (stop is TraceStop.Entry { Number: var number } entry)
            {
                call = entry;
                if (SystemCallNames.Of(number) == "exit_group")
                    break;
            }
            else if (stop is TraceStop.Forked forked)
                FollowChild(forked.Child, call!);
            else if (stop is TraceStop.Exit exit && call is not null)
                Note(name, call, exit.Result);
        }

        calls.Add($"{name,-6}  exit_group({call!.First})");
        if (name == ChildName)
            ChildFaults = ProcessStat.Read(process).MinorFaults - ChildFaults;
        tracer.Release(process);
    }

    private void FollowChild(int child, TraceStop.Entry call)
    {
        Child = child;
        calls.Add($"{Parent,-6}  {Show(call)} ...");
        var stop = tracer.Next(child);
        (ParentMaps, ChildMaps, ChildFaults) = (File.ReadAllText($"/proc/{parent}/maps"), File.ReadAllText($"/proc/{child}/maps"), ProcessStat.Read(child).MinorFaults);
        Follow(child, ChildName, stop);
    }

    private void Note(string name, TraceStop.Entry call, long result)
    {
        var called = SystemCallNames.Of(call.Number);
        if (called is "clone" or "clone3" or "fork" or "vfork")
            ForkResult = result;
        else if (called is "wait4" or "waitid" && result > 0)
            WaitResult = result;
        // The shell asks once more whether another child has ended; a negative result is an error number.
        if (s_shown.Contains(called) && result >= 0)
            calls.Add($"{name,-6}  {Show(call)} = {(result == Child && Child > 0 ? "CHILD" : result.ToString(CultureInfo.InvariantCulture))}");
    }

    private static string Show(TraceStop.Entry call) => SystemCallNames.Of(call.Number) switch
    {
        "clone" => $"clone(flags 0x{call.First:x})",
        "write" => $"write({call.First}, ...)",
        var name => $"{name}(...)",
    };
}
