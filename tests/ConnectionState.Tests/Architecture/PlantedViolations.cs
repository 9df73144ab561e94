using ConnectionStateService.Tests.Architecture.Forbidden;

namespace ConnectionStateService.Tests.Architecture
{
    /// <summary>Uses of a forbidden namespace that <see cref="ArchitectureTests"/> must find.</summary>
    internal static class PlantedViolations
    {
        public static class InBody
        {
            public static string Call() => Helper.Text.Trim();
        }

        public static class InAsyncBody
        {
            public static async Task<int> CallAsync()
            {
                await Task.Yield();
                return Helper.Text.Length;
            }
        }

        public static class InLambda
        {
            public static Func<int, int> Create() => number => number + Helper.Text.Length;
        }

        public static class InGenericArgument
        {
            public static object Create() => new List<Helper>();
        }

        public static class InCatchClause
        {
            public static void Run(Action action)
            {
                try
                {
                    action();
                }
                catch (ForbiddenException)
                {
                    // Only the clause names the type: there is no variable.
                }
            }
        }

        public static class InAttribute
        {
            [Forbidden]
            public static void Run()
            {
            }
        }

        public static class InSignature
        {
            public static void Run(Helper? helper) => _ = helper is null;
        }

        public sealed class InBaseType : ForbiddenException;

        public static class ReadsClock
        {
            public static DateTimeOffset Read() => DateTimeOffset.UtcNow;
        }
    }
}

namespace ConnectionStateService.Tests.Architecture.Forbidden
{
    internal sealed class Helper
    {
        public static string Text => "text";
    }

    internal class ForbiddenException : Exception;

    [AttributeUsage(AttributeTargets.Method)]
    internal sealed class ForbiddenAttribute : Attribute;
}
