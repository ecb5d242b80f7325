using Viaduct.Linux.Processes;

namespace Viaduct.Tests.Kernel.Linux;

public class SystemCallCounterTests
{
    private const int Blocks = 1000;

    [Fact]
    public async Task The_system_calls_of_a_process_and_of_those_that_it_starts_are_counted()
    {
        var (inputRead, inputWrite) = Pipe.Create();
        using (inputRead)
        await using (var input = new FileStream(inputWrite, FileAccess.Write))
        {
            // The shell waits until it is counted.
            using var shell = ChildProcess.Start(new ProcessSpec
            {
                Path = "sh",
                Arguments = ["-c", $"read line; dd if=/dev/zero of=/dev/null count={Blocks} 2>/dev/null"],
                StandardInput = inputRead,
            });
            using var counter = SystemCallCounter.TryOpen(shell.Id);
            input.Write("go\n"u8);
            input.Flush();
            await shell.Exited.WaitAsync(TestContext.Current.CancellationToken);
            Assert.SkipWhen(counter is null, "Needs perf_event_open(2), tracefs and the right to use them.");
            // dd reads and writes each block, and dd and sh need some hundred calls to start.
            Assert.InRange(counter.Read(), 2 * Blocks, 3 * Blocks);
        }
    }
}
