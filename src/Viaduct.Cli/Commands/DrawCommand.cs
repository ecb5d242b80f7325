using System.CommandLine;
using Viaduct.Lab.Drawing;

namespace Viaduct.Cli.Commands;

/// <summary><c>viaduct draw</c>: the network of this host as a picture; reads only.</summary>
internal static class DrawCommand
{
    public static Command Create()
    {
        var netns = new Option<string?>("--netns") { Description = "A namespace's name, path or process number, or all; this one if absent" };
        var focus = new Option<string?>("--focus") { Description = "Only what has to do with this namespace, device or address" };
        var routes = new Option<bool>("--routes") { Description = "The routes, too" };
        var output = new Option<string?>("--output", "-o") { Description = "ascii, unicode, svg or json; unicode on a terminal, otherwise ascii" };
        output.AcceptOnlyFromAmong("ascii", "unicode", "svg", "json");
        var command = new Command("draw", "Draw the network of this host: namespaces, devices and what is connected to what") { netns, focus, routes, output };
        command.SetRunner((parse, _) =>
        {
            var namespaces = Find(parse.GetValue(netns));
            try
            {
                var view = NetworkReader.Read(namespaces, parse.GetValue(routes));
                if (parse.GetValue(focus) is { } name)
                    view = Focus.On(view, name);
                Show(Drawings.Draw(view, Format(parse.GetValue(output))), isDrawing: parse.GetValue(output) is not ("svg" or "json"));
                return Task.FromResult(CommandRunner.Success);
            }
            finally
            {
                foreach (var ns in namespaces)
                    ns.Dispose();
            }
        });
        return command;
    }

    private static void Show(string text, bool isDrawing)
    {
        Console.Write(text);
        if (isDrawing && !Console.IsOutputRedirected && Drawings.Advice(text, Console.WindowWidth) is { } advice)
            Console.Error.WriteLine(advice);
    }

    private static IReadOnlyList<NamespaceToDraw> Find(string? netns) => netns switch
    {
        null => [NamespaceFinder.Own()],
        "all" => NamespaceFinder.All(),
        _ => [NamespaceFinder.One(netns)],
    };

    private static DrawingFormat Format(string? output) =>
        output is not null ? Enum.Parse<DrawingFormat>(output, ignoreCase: true) : Console.IsOutputRedirected ? DrawingFormat.Ascii : DrawingFormat.Unicode;
}
