#:project ../src/Viaduct.Proxy/Viaduct.Proxy.csproj
// What the tracker takes for one changed endpoint of a Service with 1,000 ready ones, from the parsed object to the new state:
// dotnet run -c Release bench/tracker.cs
using System.Diagnostics;
using System.Globalization;
using Viaduct.Kube.Objects;
using Viaduct.Proxy.Model;

const int Endpoints = 1000, Rounds = 5000;
foreach (var slices in (int[])[1, 10])
{
    foreach (var isShuffled in (bool[])[false, true])
        Measure(slices, isShuffled);
}

static void Measure(int sliceCount, bool isShuffled)
{
    var (tracker, random) = (new ServiceTracker("node-1"), new Random(1));
    var numbers = Enumerable.Range(0, Endpoints).ToArray();
    if (isShuffled)
        random.Shuffle(numbers);
    tracker.Set(new Service
    {
        Metadata = new() { Namespace = "default", Name = "web" },
        Spec = new() { Type = "ClusterIP", ClusterIP = "10.96.0.1", Ports = [new() { Name = "http", Port = 80, Protocol = "TCP" }] },
    });
    var chunks = numbers.Chunk(Endpoints / sliceCount).Select(c => c.Select(Pod).ToArray()).ToArray();
    for (var i = 0; i < chunks.Length; i++)
        tracker.Set(Slice(i, chunks[i]));
    tracker.Commit();
    var times = new double[Rounds];
    for (var round = -Rounds; round < Rounds; round++)
    {
        var (slice, at) = (random.Next(sliceCount), random.Next(Endpoints / sliceCount));
        chunks[slice] = [.. chunks[slice]];
        chunks[slice][at] = Pod(Endpoints + random.Next(10000));
        var began = Stopwatch.GetTimestamp();
        tracker.Set(Slice(slice, chunks[slice]));
        var change = tracker.Commit().Change;
        if (round >= 0)
            times[round] = Stopwatch.GetElapsedTime(began).TotalMicroseconds;
        if (change.Frontends.Count > 1)
            throw new InvalidOperationException();
    }

    Array.Sort(times);
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{sliceCount} slices, {(isShuffled ? "in no order" : "in order")}: median {times[Rounds / 2]:0.0} us"));
}

static Endpoint Pod(int number) => new()
{
    Addresses = [$"10.{number / 65536}.{number / 256 % 256}.{number % 256}"],
    NodeName = $"node-{number % 50}",
    Conditions = new() { Ready = true, Serving = true, Terminating = false },
};

static EndpointSlice Slice(int number, Endpoint[] endpoints) => new()
{
    Metadata = new() { Namespace = "default", Name = $"web-{number}", Labels = new Dictionary<string, string> { ["kubernetes.io/service-name"] = "web" } },
    AddressType = "IPv4",
    Endpoints = endpoints,
    Ports = [new() { Name = "http", Port = 8080, Protocol = "TCP" }],
};
