namespace Viaduct.Tests.Kernel.Node;

/// <summary>Waits for something that no event announces to a test.</summary>
internal static class Eventually
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    public static async Task True(Func<Task<bool>> condition, Func<string> describe)
    {
        using var limit = new CancellationTokenSource(s_patience);
        while (!await condition())
        {
            if (limit.IsCancellationRequested)
                Assert.Fail(describe());
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }
    }

    public static Task True(Func<bool> condition, string what) => True(() => Task.FromResult(condition()), () => what);
}
