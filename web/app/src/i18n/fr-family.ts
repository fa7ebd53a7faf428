/** The words about a student's family in French. */

export const familyWords = {
  title: 'Vous êtes majeur',
  goesOn: 'Mes parents reçoivent les nouvelles de ma scolarité',
  note: 'Si vous décochez, les résumés du soir et les messages qui vous concernent ne leur parviennent plus. Ils gardent ce qui est écrit à tout l’établissement.',
  saved: 'C’est enregistré, et vaut dès maintenant.',
  failed: 'Votre choix n’a pas pu être enregistré. Réessayez.',
};

export type FamilyWords = typeof familyWords;
