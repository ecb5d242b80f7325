using Microsoft.Win32.SafeHandles;
using Viaduct.Lab.Engine;
using Viaduct.Linux.Processes;

namespace Viaduct.Lab.Experiments.UserAndKernel;

/// <summary>The chapter's example, fork(), with the calls that the kernel sees.</summary>
internal sealed class Fork : Experiment
{
    private const string Program = "read go; (echo 'create new process success!'; echo 'testfork ok'); echo 'testfork ok'";

    public override string Name => "fork";

    public override LocalizedText Title => new("fork(): one call, two returns", "fork()：一次调用，两次返回");

    public override LocalizedText Introduction => new(
        "testfork() of the chapter makes a child that says \"create new process success!\"; then both say \"testfork ok\". Here the shell does the same, for ( ) is a child of its own made by fork(). "
        + "The kernel stops both processes at each of their system calls (ptrace) and tells which call it was.",
        "本章的 testfork() 创建一个子进程，子进程打印“create new process success!”，然后父子进程都打印“testfork ok”。这里由 shell 做同样的事，因为 ( ) 就是用 fork() 创建的子进程。内核在父子进程的每次系统调用处让它们停下（ptrace），并告知是哪个调用。");

    public override string Essential => "child traced";

    public override async Task RunAsync(LabRun lab)
    {
        var follows = false;
        lab.Given("child traced", () => follows = true);
        ForkTrace trace = null!;
        string said = "";
        await lab.StepAsync(new("Run the program and look at its calls.", "运行该程序并观察它的系统调用。"), async () =>
        {
            (trace, said) = await TraceAsync(follows);
            lab.Typed("host", $"strace -f -e trace=clone,fork,vfork,write,wait4,exit_group sh -c \"{Program["read go; ".Length..]}\"", string.Join('\n', trace.Calls));
            ClaimCalls(lab, trace);
        });
        await lab.StepAsync(new("What it printed.", "它打印了什么。"), () => lab.Shows(
            new("The code behind ( ) ran in the child alone, the last line in both processes.", "( ) 中的代码只在子进程中运行，最后一行在两个进程中都运行。"),
            ["create new process success!", "testfork ok", "testfork ok"],
            said.TrimEnd('\n').Split('\n')));
        await lab.StepAsync(new("What the child got from its parent.", "子进程从父进程得到了什么。"), () => ClaimCopy(lab, trace));
    }

    private static void ClaimCalls(LabRun lab, ForkTrace trace)
    {
        lab.Holds(
            new("No program can make a process: the shell asks the kernel, by one system call, and the kernel answers the parent with the child's number.", "没有程序能自己创建进程：shell 通过一次系统调用请求内核，内核把子进程号返回给父进程。"),
            trace.ForkResult == trace.Child && trace.Child > 0,
            trace.ForkResult == trace.Child && trace.Child > 0 ? null : $"the call returned {trace.ForkResult}, the child is {trace.Child}");
        lab.Holds(
            new("The child never made that call, and yet goes on behind it, with its first line of text.", "子进程从未执行过这个调用，却从它之后继续运行，打印出第一行文字。"),
            trace.Calls.Any(c => c.StartsWith("child ", StringComparison.Ordinal)) && !trace.Calls.Any(c => c.StartsWith("child ", StringComparison.Ordinal) && c.Contains("fork", StringComparison.Ordinal)));
        lab.Holds(
            new("The parent waits in the kernel until the child has ended, and gets its number again.", "父进程在内核中等待，直到子进程结束，并再次得到它的进程号。"),
            trace.WaitResult == trace.Child,
            trace.WaitResult == trace.Child ? null : $"wait4 returned {trace.WaitResult}");
    }

    private static void ClaimCopy(LabRun lab, ForkTrace trace)
    {
        lab.Holds(
            new("The same memory, area by area, at the same addresses: /proc/PID/maps of both are equal.", "相同的内存，每个区域的地址都相同：两者的 /proc/PID/maps 完全一样。"),
            trace.ParentMaps.Length > 0 && trace.ParentMaps == trace.ChildMaps);
        lab.Holds(
            new("Not a copy yet: parent and child share the pages until one of them writes. Then a page fault makes a copy (copy on write).", "但还没有复制：父子进程共享这些页，直到其中一个写入，这时缺页异常才会复制该页（写时复制）。"),
            trace.ChildFaults > 0,
            trace.ChildFaults > 0 ? null : "the child had no page fault");
        lab.Measured([new("of the child", "子进程"), new("count", "数量")], new MeasuredRow(new("areas of memory", "内存区域"), $"{trace.ChildMaps.Split('\n').Length}"), new MeasuredRow(new("page faults", "缺页异常"), $"{trace.ChildFaults}"));
    }

    private static async Task<(ForkTrace Trace, string Said)> TraceAsync(bool follows)
    {
        var (input, go) = Pipe.Create();
        var (output, end) = Pipe.Create();
        using var said = new StreamReader(new FileStream(output, FileAccess.Read));
        ChildProcess shell;
        using (input)
        using (end)
            shell = ChildProcess.Start(new ProcessSpec { Path = "/bin/sh", Arguments = ["-c", Program], StandardInput = input, StandardOutput = end });
        using var _ = go;
        var trace = await ForkTrace.RunAsync(shell.Id, follows, () => Go(go));
        await shell.Exited;
        return (trace, await said.ReadToEndAsync());
    }

    private static void Go(SafeFileHandle go)
    {
        using var writing = new FileStream(go, FileAccess.Write);
        writing.Write("\n"u8);
    }
}
