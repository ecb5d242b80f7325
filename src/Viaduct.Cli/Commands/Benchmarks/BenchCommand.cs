using System.CommandLine;

namespace Viaduct.Cli.Commands.Benchmarks;

/// <summary><c>viaduct bench</c>: measures this program on this machine.</summary>
internal static class BenchCommand
{
    public static Command Create() => new("bench", "Measure this program on this machine")
    {
        BenchProxyCommand.Create(), BenchPacketsCommand.Create(), BenchModesCommand.Create(), BenchRoutesCommand.Create(), BenchAddressesCommand.Create(),
    };

    internal static Option<int> Number(string name, string description, int usual, int most)
    {
        var option = new Option<int>(name) { Description = description, DefaultValueFactory = _ => usual };
        option.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is var value && (value < 1 || value > most))
                result.AddError($"{name} must be between 1 and {most}.");
        });
        return option;
    }
}
