using System.Collections.Concurrent;
using System.Net;

namespace Viaduct.Tests.Kernel.Proxy.Switching;

/// <summary>Clients that connect all the time, each request once: whatever goes wrong is kept.</summary>
internal sealed class Load : IDisposable
{
    private readonly List<Thread> threads = [];
    private readonly ConcurrentQueue<string> failures = [];
    private readonly ConcurrentDictionary<string, int> answered = [];
    private volatile bool isOver;

    public Load(params IEnumerable<(Host Client, IPEndPoint Target)> clients)
    {
        foreach (var (client, target) in clients)
        {
            var name = $"{client.Name} to {target}";
            answered[name] = 0;
            var thread = new Thread(() => Ask(name, client, target)) { IsBackground = true };
            threads.Add(thread);
            thread.Start();
        }
    }

    public IReadOnlyCollection<string> Failures => failures;

    public int Answered => answered.Values.Sum();

    /// <summary>Waits until every client has had so many more answers, or something went wrong.</summary>
    public async Task MoreAsync(int answers, CancellationToken cancellation)
    {
        var goals = answered.ToDictionary(a => a.Key, a => a.Value + answers);
        while (failures.IsEmpty && goals.Any(g => answered[g.Key] < g.Value))
            await Task.Delay(5, cancellation);
    }

    public void Dispose()
    {
        isOver = true;
        threads.ForEach(t => t.Join());
    }

    private void Ask(string name, Host client, IPEndPoint target)
    {
        while (!isOver)
        {
            try
            {
                client.AskTcp(target.Address, target.Port);
                answered[name]++;
            }
            catch (Exception e)
            {
                failures.Enqueue($"{name} after {answered[name]} answers: {e.GetBaseException().Message}");
            }
        }
    }
}
